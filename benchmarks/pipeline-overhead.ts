/**
 * What a pipeline costs beyond what its steps do, each against a bare measure of the same run:
 * `pnpm build && node benchmarks/pipeline-overhead.ts [rounds] [steps]`, by default 10 rounds and 1,000 steps. Needs built packages.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [rounds = 10, steps = 1_000] = process.argv.slice(2).map(Number);
const packages = join(dirname(fileURLToPath(import.meta.url)), '../packages');
const folder = mkdtempSync(join(tmpdir(), 'mlstack-benchmark-'));
const cli = join(folder, 'node_modules/@mlstack/cli/bin/mlstack.js');
const quiet = '--disable-warning=ExperimentalWarning';
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

const pipelines = `
import { pipeline, step } from '@mlstack/core';
const first = step({ name: 'first', run: async () => 1 });
const next = step({ name: 'next', run: async (_: { previous: number }) => 1 });
const compute = step({ name: 'compute', run: async (_: { index?: number }) => {
  let sum = 0;
  for (const end = performance.now() + 500; performance.now() < end; ) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
  return sum;
} });
const chain = (name: string, steps: number) => pipeline(name, () => {
  let value = first();
  for (let index = 1; index < steps; index++) value = next({ previous: value });
});
const wide = (name: string, steps: number) => pipeline(name, () => {
  for (let index = 0; index < steps; index++) first();
});
export const ten = chain('ten', 10);
export const sequence = chain('sequence', ${steps});
export const parallel = wide('parallel', ${steps});
export const small = wide('small', ${steps});
export const large = wide('large', ${steps * 10});
export const heavy = pipeline('heavy', () => { for (let index = 0; index < 20; index++) compute({}); });
`;

/** Runs a pipeline in a process of its own and tells its milliseconds and its peak memory in MiB. */
const driver = `
import { openProject, runPipeline } from '@mlstack/core/project';
const [pipeline, stack] = process.argv.slice(2);
const begin = performance.now();
const { state } = await runPipeline(openProject({ directory: ${JSON.stringify(folder)}, stack }), {
  file: 'pipelines.ts', export: pipeline, configuration: { cache: false },
});
if (state !== 'completed') throw new Error(state);
console.log(JSON.stringify({ ms: performance.now() - begin, peak: process.resourceUsage().maxRSS / 1024 }));
`;

const busy = `for (const end = performance.now() + 500; performance.now() < end; ) for (let i = 0; i < 1e5; i++) Math.sqrt(i);`;

function prepare(): void {
  install();
  const dependencies = { '@mlstack/core': '*', '@mlstack/flavor-local': '*' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies }));
  writeFileSync(join(folder, 'pipelines.ts'), pipelines);
  writeFileSync(join(folder, 'driver.mjs'), driver);
  mlstack('init');
  mlstack('orchestrator', 'register', 'wide', '--flavor=local', '--concurrency=8');
  mlstack('stack', 'register', 'wide', '-o', 'wide', '-a', 'default', '-m', 'default');
}

/** As a package manager leaves it: packages of ours that are links into this repository are looked at as code in the making. */
function install(): void {
  for (const name of ['core', 'flavor-local', 'cli']) {
    const [from, to] = [join(packages, name), join(folder, 'node_modules/@mlstack', name)];
    for (const part of ['package.json', 'dist', 'bin']) {
      if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true });
    }
  }
  for (const name of ['cosmiconfig', 'esbuild', 'yaml', 'zod']) {
    symlinkSync(realpathSync(join(packages, 'core/node_modules', name)), join(folder, 'node_modules', name));
  }
}

function mlstack(...args: string[]): void {
  execFileSync(process.execPath, [quiet, cli, ...args], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

function drive(pipeline: string, stack = 'default'): { readonly ms: number; readonly peak: number } {
  const output = execFileSync(process.execPath, [quiet, 'driver.mjs', pipeline, stack], { cwd: folder, env });
  return JSON.parse(output.toString());
}

function time(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

function runNode(...args: string[]): number {
  return time(() => execFileSync(process.execPath, args, { cwd: folder, env, stdio: 'ignore' }));
}

/** One fsynced file and one fsynced commit, in milliseconds. */
function durableStep(): number {
  const database = new DatabaseSync(join(folder, 'bare.db'));
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS steps (id INTEGER PRIMARY KEY, record TEXT)',
  );
  const insert = database.prepare('INSERT INTO steps (record) VALUES (?)');
  const count = 300;
  const total = time(() => {
    for (let index = 0; index < count; index++) {
      const file = openSync(join(folder, 'bare.json'), 'w');
      writeSync(file, '1');
      fsyncSync(file);
      closeSync(file);
      insert.run('x'.repeat(500));
    }
  });
  database.close();
  return total / count;
}

async function bareCompute(): Promise<number> {
  const begin = performance.now();
  const work = async () => {
    for (let index = 0; index < 10; index++) await once(spawn(process.execPath, ['-e', busy], { env }), 'exit');
  };
  await Promise.all([work(), work()]);
  return performance.now() - begin;
}

function report(what: string, value: number, unit: number, aim?: string): void {
  const digits = value < 10 ? 2 : 1;
  console.log(
    `${what.padEnd(58)} ${value.toFixed(digits).padStart(9)} ${unit.toFixed(digits).padStart(9)} ${(value / unit).toFixed(2).padStart(7)}×${aim === undefined ? '' : `  aim ≤ ${aim}`}`,
  );
}

/** The least of each, measured in turns, so that a slow moment of the machine meets all alike. */
function compare<Name extends string>(measures: Readonly<Record<Name, () => number>>): Record<Name, number> {
  const least = Object.fromEntries(Object.keys(measures).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries<() => number>(measures))
      least[name] = Math.min(least[name] ?? 0, measure());
  }
  return least as Record<Name, number>;
}

let edits = 0;

function runTenEdited(run: () => number): number {
  writeFileSync(join(folder, 'pipelines.ts'), `${pipelines}\nexport const edits = ${++edits};\n`);
  return run();
}

function smallest(measure: () => number): number {
  return Math.min(...Array.from({ length: rounds }, measure));
}

try {
  prepare();
  console.log(`${''.padEnd(58)} ${'ms'.padStart(9)} ${'bare ms'.padStart(9)}   ratio`);
  const runTen = () => runNode(quiet, cli, 'run', 'pipelines.ts#ten', '--no-cache');
  runTen();
  // Not in turns: what was edited a moment ago is read again, as its times prove nothing yet.
  await delay(3000);
  const start = compare({ node: () => runNode('-e', '0'), unchanged: runTen });
  report('10 no-op steps, whole process', start.unchanged, start.node, '6');
  const edited = compare({ node: () => runNode('-e', '0'), edited: () => runTenEdited(runTen) });
  report('the same after an edit of the pipeline', edited.edited, edited.node);

  const base = smallest(() => drive('ten').ms);
  const perStep = (pipeline: string, stack: string) => (drive(pipeline, stack).ms - base) / (steps - 10);
  const step = compare({
    unit: durableStep,
    sequence: () => perStep('sequence', 'default'),
    wide: () => perStep('parallel', 'wide'),
  });
  report(`a further no-op step, ${steps} in sequence`, step.sequence, step.unit, '3');
  report(`a further no-op step, ${steps}, 8 wide`, step.wide, step.unit, '3');

  report('20 steps of 0.5 s on two cores', drive('heavy').ms, await bareCompute(), '1.15');

  const small = drive('small');
  const large = drive('large');
  report(`${steps * 10} steps against ten times ${steps}`, large.ms, small.ms * 10, '1');
  report(`${steps * 10} steps against ${steps}, peak MiB of the driver`, large.peak, small.peak, '2');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
