import { spawn } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listPublishedPackages } from '../scripts/pack.ts';
import { processesOf } from './processes-of.ts';
import type { UserProject } from './user-project.ts';
import { answerOf, createUserFolder, createUserProject, openUserProject } from './user-project.ts';

const repository = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(repository, file), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(file: string): Block[] {
  const blocks = read(file).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].map(([, language = '', text = '']) => ({ language, text }));
}

/** All that a page tells its readers to type, in one script: what stands in capitals is filled in, packages are those of the workspace. */
function scriptOf(blocks: readonly Block[]): string {
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

async function type(user: UserProject, script: string): Promise<string> {
  const env = { ...process.env, HOME: user.directory, NO_COLOR: '1', npm_config_prefer_offline: 'true' };
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

/** An installed project with the files that a page names in their first line: \`# nightly.yaml\`. */
function projectFor(blocks: readonly Block[]): UserProject {
  const user = createUserProject();
  user.succeed('init');
  user.write('pipeline.ts', pipeline);
  copyFileSync(join(import.meta.dirname, 'fixtures/custom.ts'), join(user.directory, 'custom.ts'));
  for (const { language, text } of blocks) {
    const name = /^# (\S+\.yaml)\n/.exec(text)?.[1];
    if (language === 'yaml' && name !== undefined) user.write(name, text);
  }
  return user;
}

test('a beginner gets through docs/start.md as it is written, and the README installs the same way', {
  timeout: 300_000,
}, async () => {
  const blocks = blocksOf('docs/start.md');
  const [install, , run] = blocks as [Block, Block, Block];
  const code = blocks.find(({ language }) => language === 'ts')?.text ?? '';
  const user = openUserProject(createUserFolder());
  const script = `${scriptOf([install])}\ncat > pipeline.ts <<'END'\n${code}END\n${scriptOf([run])}`;
  const shown = await type(user, script);
  expect(shown).toMatch(/means-\d+-\d+ completed/);
  expect(shown).toMatch(/load: same code.*parameter digits: 2 → 0/s);
  const inReadme = blocksOf('README.md').find(({ text }) => text.includes('npm install'));
  const lines = (text = '') =>
    text.split('\n').filter((line) => /^(npm install|npx mlstack (init|run pipeline))/.test(line));
  expect(lines(install.text + run.text)).toEqual(expect.arrayContaining(lines(inReadme?.text)));
});

test.each(['docs/run-a-pipeline.md', 'docs/stacks.md', 'docs/write-a-flavor.md'])(
  'the commands of %s work as they are written',
  { timeout: 300_000 },
  async (file) => {
    const blocks = blocksOf(file);
    const user = projectFor(blocks);
    const script = scriptOf(blocks).replaceAll('/mnt/', `${user.directory}/mnt/`);
    await type(user, script);
    for (const end = Date.now() + 60_000; processesOf(user).length > 0 && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(processesOf(user)).toEqual([]);
  },
);

test('every page is typed here or by tests of its servers', () => {
  const withServers = ['docs/kubernetes.md', 'docs/s3.md'];
  const typed = ['docs/run-a-pipeline.md', 'docs/stacks.md', 'docs/start.md', 'docs/write-a-flavor.md'];
  const pages = readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const commanding = pages.filter((page) => blocksOf(page).some(({ language }) => language === 'sh'));
  expect(commanding.toSorted()).toEqual([...withServers, ...typed].toSorted());
});
