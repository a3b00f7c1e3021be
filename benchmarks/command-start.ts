/**
 * What commands cost as whole processes, against `node -e 0` of the same run: `pnpm build && node benchmarks/command-start.ts
 * [rounds]`, by default 20. Rounds go around all commands, so that a slow moment of the machine meets each alike; the least counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const rounds = Number(process.argv[2] ?? 20);
const packages = join(dirname(fileURLToPath(import.meta.url)), '../packages');
const program = join(packages, 'cli/bin/mlstack.js');
const folder = mkdtempSync(join(tmpdir(), 'mlstack-benchmark-'));
// Certificates that a machine adds for its own network are read at each start and are not what is measured.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

const commands: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  '--version': [program, '--version'],
  '--help': [program, '--help'],
  'stack list': [program, 'stack', 'list'],
};

function milliseconds(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
}

try {
  writeFileSync(join(folder, 'package.json'), '{"type":"module","dependencies":{"@mlstack/flavor-local":"*"}}');
  symlinkSync(join(packages, 'cli/node_modules'), join(folder, 'node_modules'));
  milliseconds([program, 'init']);
  const least = new Map(Object.keys(commands).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(commands))
      least.set(name, Math.min(least.get(name) ?? 0, milliseconds(args)));
  }
  const bare = least.get('node -e 0') ?? 1;
  for (const [name, time] of least) {
    console.log(`${name.padEnd(12)} ${time.toFixed(1).padStart(7)} ms  ${(time / bare).toFixed(2).padStart(5)}×`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
