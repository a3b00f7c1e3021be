/**
 * Saves and loads a large artifact through the local artifact store, hashed, against `cp --reflink=never`, fsync and
 * `sha256sum` of the same file: `node --conditions=mlstack-source benchmarks/local-artifact-store.ts [MiB] [rounds]`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, createReadStream, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ArtifactStore } from '@mlstack/core/flavor';
import { localArtifactStore } from '@mlstack/flavor-local';

const [megabytes = 64, rounds = 3] = process.argv
  .slice(2)
  .filter((argument) => !argument.startsWith('-'))
  .map(Number);
const action = process.argv.find((argument) => argument.startsWith('--action='))?.slice('--action='.length);
const folder = process.env.BENCHMARK_FOLDER ?? mkdtempSync(join(tmpdir(), 'mlstack-benchmark-'));
const source = join(folder, 'source');

async function openStore(): Promise<ArtifactStore> {
  const LocalArtifactStore = await localArtifactStore.loadImplementation();
  return new LocalArtifactStore({
    id: '0',
    name: 'benchmark',
    type: 'artifact-store',
    flavor: 'local',
    config: { path: join(folder, 'store') },
    context: { stateDirectory: join(folder, 'state') },
  }) as ArtifactStore;
}

/** One action in a process of its own; tells seconds without the start of Node, and peak memory over what it was before. */
async function runAction(): Promise<void> {
  const store = await openStore();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  if (action === 'save') {
    const chunks = createReadStream(source, { highWaterMark: 1 << 20 });
    await store.write('large', chunks);
  } else {
    const hash = createHash('sha256');
    for await (const chunk of store.read('large')) hash.update(chunk);
    hash.digest('hex');
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ seconds, memory: process.resourceUsage().maxRSS * 1024 - before }));
}

function measure(name: 'save' | 'load'): { seconds: number; memory: number } {
  const args = ['--conditions=mlstack-source', fileURLToPath(import.meta.url), String(megabytes), `--action=${name}`];
  const env = { ...process.env, BENCHMARK_FOLDER: folder };
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', env }));
}

function time(command: string, ...args: string[]): number {
  const start = performance.now();
  const { status } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
  return (performance.now() - start) / 1000;
}

function writeSource(): void {
  const descriptor = openSync(source, 'w');
  const chunk = randomFillSync(Buffer.alloc(1 << 20));
  for (let written = 0; written < megabytes; written++) {
    chunk.writeUInt32LE(written);
    writeSync(descriptor, chunk);
  }
  fsyncSync(descriptor);
  closeSync(descriptor);
}

const best = (values: readonly number[]) => Math.min(...values);

async function compare(): Promise<void> {
  writeSource();
  const copy = join(folder, 'copy');
  const times = { save: [] as number[], load: [] as number[], copied: [] as number[], hashed: [] as number[] };
  let memory = 0;
  for (let round = 0; round < rounds; round++) {
    rmSync(copy, { force: true });
    times.copied.push(time('sh', '-c', `cp --reflink=never "${source}" "${copy}" && sync "${copy}"`));
    times.hashed.push(time('sha256sum', copy));
    rmSync(join(folder, 'store'), { recursive: true, force: true });
    for (const name of ['save', 'load'] as const) {
      const measured = measure(name);
      times[name].push(measured.seconds);
      memory = Math.max(memory, measured.memory);
    }
  }
  const speed = (seconds: number) => `${(megabytes / 1024 / seconds).toFixed(2)} GiB/s`;
  const peer = best(times.copied) + best(times.hashed);
  console.log(`${megabytes} MiB, best of ${rounds}`);
  console.log(`cp, fsync, then sha256sum  ${speed(peer)} (${speed(best(times.copied))}, ${speed(best(times.hashed))})`);
  const report = (name: string, seconds: number) =>
    console.log(`${name} ${speed(seconds)}   ${(peer / seconds).toFixed(2)} of that, aim ≥ 0.9`);
  report('save, hashed              ', best(times.save));
  report('load, hashed              ', best(times.load));
  console.log(`memory over the start       ${(memory / 2 ** 20).toFixed(0)} MiB at most`);
}

if (action !== undefined) await runAction();
else {
  try {
    await compare();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
