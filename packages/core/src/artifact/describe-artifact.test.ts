import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../project/testing/fixture-project.ts';
import { createMemoryProject } from '../run/fixtures/memory-project.ts';
import { planOf, stepNode } from '../run/fixtures/plans.ts';
import { describeArtifact } from './describe-artifact.ts';
import { listArtifacts } from './list-artifacts.ts';
import { artifactPath, filesMaterializer } from './materializers/files-materializer.ts';
import { saveArtifact } from './store-artifact.ts';

test('an artifact made of files is described by where they lie, not by the list of them', async () => {
  const { project, bench } = createMemoryProject();
  process.env.STORE_TOKEN = 'artifacts';
  await bench.run(planOf([stepNode('train')]));
  const describe = async (path: string) => {
    const [artifact] = (await listArtifacts(project, { node: 'train' })).items;
    const prefix = artifact?.key.split('.').slice(0, -2).join('.') ?? '';
    const stored = await saveArtifact(bench.artifactStore, prefix, filesMaterializer, artifactPath(path));
    Object.assign(artifact as object, stored);
    const { uri, files } = await describeArtifact(project, artifact?.id as string);
    return { prefix: `memory:${prefix}`, uri, files: files.map((file) => [file.path, file.uri]) };
  };
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'report.html'), '<p>');
  const one = await describe(join(folder, 'report.html'));
  const file = `${one.prefix}.report.html`;
  expect([one.uri, one.files]).toEqual([file, [['report.html', file]]]);
  writeFileSync(join(folder, 'weights.bin'), 'w');
  const { prefix, uri, files } = await describe(folder);
  expect(prefix.startsWith(`${uri}/`)).toBe(true);
  expect(files).toEqual(
    ['report.html', 'weights.bin'].map((name) => [
      `folder/${name}`,
      expect.stringMatching(new RegExp(`^${prefix}\\.folder-${name}-[0-9a-f]{12}$`)),
    ]),
  );
});
