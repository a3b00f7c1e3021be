import { expect, test } from 'vitest';
import { importBundle } from './import-bundle.ts';
import { mapStack } from './map-stack.ts';
import { TemporaryProject } from './testing/temporary-project.ts';

test('a file is named as the disk has it, whatever is in its name', async () => {
  const name = 'o r d n e r #/größe %41?.ts';
  using project = new TemporaryProject({
    'pipeline.ts': `export { boom } from ${JSON.stringify(`./${name}`)};`,
    [name]: "export const boom = () => new Error('boom').stack;",
  });
  const { directory } = await project.build();
  const { boom } = (await importBundle(directory)) as { boom: () => string };
  expect(mapStack(boom(), directory)).toContain(`${name}:1:`);
});
