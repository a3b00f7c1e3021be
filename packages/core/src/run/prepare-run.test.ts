import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Project } from '../project/project.ts';
import type { Workbench } from './fixtures/driven-run.ts';
import { createMemoryProject } from './fixtures/memory-project.ts';
import { planPipeline, runPipeline } from './run-pipeline.ts';

const token = 'token-of-the-orchestrator';
let project: Project;
let bench: Workbench;

beforeEach(() => {
  ({ project, bench } = createMemoryProject());
  process.env.TOKEN_OF_TEST = token;
  const file = join(project.stateDirectory, 'registry.json');
  const registry = JSON.parse(readFileSync(file, 'utf8'));
  const orchestrator = registry.components.find(({ type }: { type: string }) => type === 'orchestrator');
  orchestrator.config = { token: '{{env.TOKEN_OF_TEST}}' };
  writeFileSync(file, JSON.stringify(registry));
});
afterEach(() => {
  delete process.env.TOKEN_OF_TEST;
});

function writePipeline(code: string, steps = ''): string {
  const file = join(project.directory, 'pipeline.ts');
  writeFileSync(
    file,
    `import { pipeline, step } from '@mlstack/core';
     const token = process.env.TOKEN_OF_TEST ?? '';
     ${code}
     const one = step({ name: 'one', run: () => 1 });
     const params = { safeParse: (data: { key: string }) => ({ success: true, data: { key: 'begins ' + data.key } }) };
     const two = step({ name: 'two', params: params as never, run: () => 2 });
     export default pipeline('main', () => { one(); ${steps} });`,
  );
  return file;
}

async function run(code: string): Promise<{ readonly printed: string; readonly error: unknown }> {
  const file = writePipeline(code);
  let printed = '';
  const onOutput = (text: string) => {
    printed += text;
  };
  const error = await runPipeline(project, { file, onOutput }).catch((reason: unknown) => reason);
  return { printed, error };
}

test('what modules print while they are imported is told without secrets, however it comes in pieces', async () => {
  const { printed } = await run(`
    process.stdout.write('begins with ' + token.slice(0, 7));
    process.stdout.write(token.slice(7) + ' and ends');
    console.log(token);
  `);
  expect(printed).toBe('begins with *** and ends***\n');
});

test('what an import that fails says is told without secrets', async () => {
  const { error } = await run("throw new Error('no access with ' + token, { cause: new Error(token) });");
  expect(error).toMatchObject({ message: expect.stringContaining('no access with ***') });
  expect(JSON.stringify(error)).not.toContain(token);
});

test('a plan, and what its making prints and says, is told without secrets', async () => {
  const file = writePipeline('console.log(token);', 'two({}, { params: { key: token } });');
  let printed = '';
  const onOutput = (text: string) => {
    printed += text;
  };
  const plan = await planPipeline(project, { file, onOutput });
  expect(printed).toBe('***\n');
  expect(plan.nodes.map(({ params }) => params)).toContainEqual({ key: 'begins ***' });
  expect(JSON.stringify(plan)).not.toContain(token);
  writePipeline("throw new Error('no access with ' + token);");
  await expect(planPipeline(project, { file })).rejects.toThrow('no access with ***');
});

test('a plan is made where no stack can be opened', async () => {
  writeFileSync(join(project.stateDirectory, 'registry.json'), '{"formatVersion":1,"components":[],"stacks":[]}');
  const plan = await planPipeline(project, { file: writePipeline('') });
  expect(plan.nodes.map(({ id }) => id)).toEqual(['one']);
});

test.each(['it is a file', 'Artifact store "artifacts" could not reach it'])(
  'a run whose artifact store cannot take anything is not begun: %s',
  async (message) => {
    const { artifactStore, metadataStore } = bench;
    Object.assign(artifactStore, { name: 'artifacts' });
    artifactStore.status = async () => ({ state: 'failed', message });
    expect((await run('')).error).toMatchObject({
      code: 'ARTIFACT_STORE_NOT_READY',
      kind: 'failure',
      message: expect.stringMatching(/^Artifact store "artifacts" (cannot be used: it is a file|could not reach it)$/),
      hint: expect.stringContaining('`mlstack doctor`'),
    });
    expect((await metadataStore.listRuns()).items).toEqual([]);
  },
);

test('a run that takes every step from the cache needs no artifact store that can be written to', async () => {
  const file = writePipeline(
    "const read = step({ name: 'read', run: ({ two }: { two: number }) => two });",
    "read({ two: two({}, { params: { key: '' } }) });",
  );
  const pipeline = { file, configuration: {} };
  expect((await runPipeline(project, pipeline)).counts).toEqual({ succeeded: 3 });
  bench.artifactStore.status = async () => ({ state: 'failed', message: 'it cannot be written to' });
  const stored = [...bench.artifactStore.objects.keys()];
  expect((await runPipeline(project, pipeline)).counts).toEqual({ cached: 3 });
  expect([...bench.artifactStore.objects.keys()]).toEqual(stored);
  const refused = { code: 'ARTIFACT_STORE_NOT_READY', message: expect.stringContaining('it cannot be written to') };
  const uncached = runPipeline(project, { file, configuration: { cache: false } });
  await expect(uncached).rejects.toMatchObject(refused);
  bench.artifactStore.objects.delete(stored[0] as string);
  await expect(runPipeline(project, pipeline)).rejects.toMatchObject(refused);
  expect((await bench.metadataStore.listRuns()).items).toHaveLength(2);
});

test('an artifact store of this machine that is not there yet is made by the run', async () => {
  bench.artifactStore.status = async () => ({ state: 'not-provisioned' });
  expect((await run('')).error).not.toMatchObject({ code: 'ARTIFACT_STORE_NOT_READY' });
});
