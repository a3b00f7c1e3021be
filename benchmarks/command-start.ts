/**
 * What commands cost as whole processes, against `node -e 0` of the same run: `pnpm build && node benchmarks/command-start.ts
 * [rounds]`, by default 20. Rounds go around all commands, so that a slow moment of the machine meets each alike; the least counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const rounds = Number(process.argv[2] ?? 20);
const packages = join(dirname(fileURLToPath(import.meta.url)), '../packages');
const program = join(packages, 'cli/bin/mlstack.js');
const folder = mkdtempSync(join(tmpdir(), 'mlstack-benchmark-'));
// Certificates that a machine adds for its own network are read at each start and are not what is measured.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;

interface Measured {
  readonly args: readonly string[];
  /** Flavor packages of the project that the command is run in. */
  readonly flavors: readonly string[];
}

const local: readonly string[] = ['flavor-local'];
const withS3 = [...local, 'flavor-s3'];
const withKubernetes = [...withS3, 'flavor-kubernetes'];
const commands: Readonly<Record<string, Measured>> = {
  'node -e 0': { args: ['-e', '0'], flavors: local },
  '--version': { args: [program, '--version'], flavors: local },
  '--help': { args: [program, '--help'], flavors: local },
  'stack list': { args: [program, 'stack', 'list'], flavors: local },
  '--help, with flavor-s3': { args: [program, '--help'], flavors: withS3 },
  'stack list, with flavor-s3': { args: [program, 'stack', 'list'], flavors: withS3 },
  'stack list, with flavor-kubernetes as well': { args: [program, 'stack', 'list'], flavors: withKubernetes },
};

function projectOf(flavors: readonly string[]): string {
  return join(folder, flavors.join('+'));
}

function makeProject(flavors: readonly string[]): void {
  const directory = projectOf(flavors);
  const dependencies = Object.fromEntries(flavors.map((name) => [`@mlstack/${name}`, '*']));
  mkdirSync(join(directory, 'node_modules/@mlstack'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module', dependencies }));
  for (const name of ['core', ...flavors])
    symlinkSync(join(packages, name), join(directory, 'node_modules/@mlstack', name));
  const run = (...args: string[]) => milliseconds({ args: [program, ...args], flavors });
  run('init');
  if (!flavors.includes('flavor-s3')) return;
  const keys = ['--accessKeyId={{env.S3_ID}}', '--secretAccessKey={{env.S3_SECRET}}'];
  run('artifact-store', 'register', 's3', '--flavor=s3', '--path=s3://bucket', '--region=eu-central-1', ...keys);
  run('stack', 'register', 's3', '-o', 'default', '-a', 's3', '-m', 'default', '--set');
  if (!flavors.includes('flavor-kubernetes')) return;
  run('orchestrator', 'register', 'k8s', '--flavor=kubernetes', '--context=cluster');
  run('stack', 'register', 'cluster', '-o', 'k8s', '-a', 's3', '-m', 'default', '--set');
}

function milliseconds({ args, flavors }: Measured): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: projectOf(flavors), env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
}

try {
  for (const flavors of new Set(Object.values(commands).map((command) => command.flavors.join('+'))))
    makeProject(flavors.split('+'));
  const least = new Map(Object.keys(commands).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(commands))
      least.set(name, Math.min(least.get(name) ?? 0, milliseconds(command)));
  }
  const bare = least.get('node -e 0') ?? 1;
  for (const [name, time] of least) {
    console.log(`${name.padEnd(42)} ${time.toFixed(1).padStart(7)} ms  ${(time / bare).toFixed(2).padStart(5)}×`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
