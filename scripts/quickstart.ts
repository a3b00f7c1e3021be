/** Sets the workspace up, builds it and runs the example on what was built: `npm run quickstart`. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const repository = dirname(import.meta.dirname);
const example = 'examples/digits/quickstart.mjs';

const steps: [string, ...string[]][] = [
  ['pnpm', 'install', '--frozen-lockfile', '--reporter=silent'],
  ['turbo', 'run', 'build', '--output-logs=errors-only'],
  ['node', example],
];

for (const [command, ...args] of steps) {
  if (command === 'node' && !existsSync(join(repository, example))) throw new Error(`There is no ${example}.`);
  const { status } = spawnSync(command, args, { cwd: repository, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
