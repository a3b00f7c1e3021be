import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { listPublishedPackages } from '../scripts/pack.ts';
import type { UserProject } from './user-project.ts';
import { answerOf, createUserProject } from './user-project.ts';

const repository = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(repository, file), 'utf8');

export interface Block {
  readonly language: string;
  readonly text: string;
}

export function blocksOf(file: string): Block[] {
  const blocks = read(file).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].map(([, language = '', text = '']) => ({ language, text }));
}

/** All that a page tells its readers to type, in one script: what stands in capitals is filled in, packages are those of the workspace. */
export function scriptOf(blocks: readonly Block[]): string {
  const newest = (what: string, field: string) =>
    `$(mlstack ${what} list --limit 1 --json | node -p 'JSON.parse(fs.readFileSync(0)).${what}[0].${field}')`;
  const script = blocks
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text)
    .join('')
    .replace(/(?<=^mlstack .*)\bRUN\b/gm, newest('runs', 'name'))
    .replace(/(?<=^mlstack .*)\bARTIFACT\b/gm, newest('artifacts', 'id'));
  return listPublishedPackages().reduce(
    (text, { name, tarball }) => text.replace(new RegExp(`(?<=npm install .*)${name}(?=\\s)`, 'g'), tarball),
    script,
  );
}

/** Types a script into a shell of the project's. @returns what it shows */
export async function type(
  user: UserProject,
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const env = {
    ...process.env,
    ...environment,
    HOME: user.directory,
    NO_COLOR: '1',
    npm_config_prefer_offline: 'true',
  };
  const path = `${join(user.directory, 'node_modules/.bin')}:${process.env.PATH}`;
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: user.directory,
    env: { ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { status, stdout, stderr } = await answerOf(child);
  expect(status, `${script}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

/** A pipeline as the pages speak of. */
const pipeline = `import { pipeline, step } from '@mlstack/core';
import { z } from 'zod';
const load = step({ name: 'load', run: () => [1, 2, 3] });
const trainModel = step({
  name: 'train_model',
  params: z.object({ epochs: z.int().default(5) }),
  run: ({ data }: { data: number[] }, { params, log }) => {
    log.info(\`\${params.epochs} epochs\`);
    return data.length * params.epochs;
  },
});
export default pipeline('training', () => trainModel({ data: load() }));
export const nightly = pipeline('nightly', () => trainModel({ data: load() }, { params: { epochs: 9 } }));
`;

/** An installed project with the files that a page names in their first line: `# nightly.yaml`, `// custom.ts`. */
export function projectFor(blocks: readonly Block[]): UserProject {
  const user = createUserProject();
  user.succeed('init');
  user.write('pipeline.ts', pipeline);
  for (const { text } of blocks) {
    const name = /^(?:#|\/\/) (\S+\.(?:yaml|ts))\n/.exec(text)?.[1];
    if (name !== undefined) user.write(name, text);
  }
  return user;
}
