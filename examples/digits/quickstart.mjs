/** Runs the example on the default stack, looks at what it made, and runs it again from the cache. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';

const program = fileURLToPath(new URL('bin/mlstack.js', import.meta.resolve('@mlstack/cli/package.json')));

/** Runs one command as a user would, and shows it. */
function mlstack(...args) {
  console.log(`\n${styleText('dim', '$')} ${styleText('bold', `mlstack ${args.join(' ')}`)}`);
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: import.meta.dirname, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs one command and returns what it prints for programs. */
function ask(...args) {
  const { status, stdout } = spawnSync(process.execPath, [program, ...args, '--json'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout);
}

mlstack('init');
mlstack('stack', 'list');
mlstack('run', 'pipeline.ts');
const [run] = ask('runs', 'list').runs;
mlstack('runs', 'describe', run.name);
const artifacts = ask('artifacts', 'list', '--run', run.name).artifacts;
const confusion = artifacts.find(({ output }) => output === 'confusion');
mlstack('artifacts', 'list', '--run', run.name);
mlstack('artifacts', 'lineage', confusion.id);
rmSync(join(import.meta.dirname, 'confusion.svg'), { force: true, recursive: true });
mlstack('artifacts', 'get', confusion.id, 'confusion.svg');
mlstack('run', 'pipeline.ts');

console.log(`
The confusion matrix is in examples/digits/confusion.svg: open it in a browser.

Try next, in examples/digits:
  npx mlstack run pipeline.ts --param train_network.epochs=20    train longer: only what depends on it runs again
  npx mlstack runs explain ${run.name}
  npx mlstack runs logs ${run.name} --step train_network
  npx mlstack stack describe`);
