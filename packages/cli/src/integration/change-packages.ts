import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MlstackError, makeFolder, userPackagesDirectory } from '@mlstack/core/project';
import { explainManagerFailure, isPackageMissing } from './explain-manager-failure.ts';
import { suggestIntegration } from './integration-packages.ts';

export type PackageManagerName = 'npm' | 'pnpm' | 'yarn' | 'bun';

export interface PackageManager {
  readonly name: PackageManagerName;
  /** Folder of the package.json that is changed. */
  readonly directory: string;
}

const lockFiles: Readonly<Record<string, PackageManagerName>> = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'package-lock.json': 'npm',
};

const verbs: Readonly<Record<PackageManagerName, { readonly add: string; readonly remove: string }>> = {
  npm: { add: 'install', remove: 'uninstall' },
  pnpm: { add: 'add', remove: 'remove' },
  yarn: { add: 'add', remove: 'remove' },
  bun: { add: 'add', remove: 'remove' },
};

export class PackageManagerFailedError extends MlstackError {
  readonly code = 'PACKAGE_MANAGER_FAILED';
  override readonly kind = 'failure' as const;
  constructor(command: string, reason: string, hint: string, cause?: unknown) {
    super(`\`${command}\` failed: ${reason}.`, { hint, cause });
  }
}

export class PackageNotFoundError extends MlstackError {
  readonly code = 'PACKAGE_NOT_FOUND';
  constructor(packageName: string, manager: PackageManagerName) {
    super(`There is no package ${packageName}: the registry that ${manager} asks has none of this name.`, {
      hint: suggestIntegration(packageName, manager),
    });
  }
}

class NoPlaceForPackagesError extends MlstackError {
  readonly code = 'NO_PLACE_FOR_PACKAGES';
  constructor(projectDirectory: string) {
    super(`${projectDirectory} has no package.json to add a package to, and you have no home folder to keep it in.`, {
      hint: 'Make a package.json with `npm init`, or set HOME.',
    });
  }
}

/**
 * The package manager of the project: the one whose lock file is nearest, else the one that package.json names, else npm. A
 * project without a package.json gets its packages where mlstack keeps those of the user.
 */
export function findPackageManager(projectDirectory: string): PackageManager {
  if (!existsSync(join(projectDirectory, 'package.json'))) {
    const directory = userPackagesDirectory();
    if (directory === undefined) throw new NoPlaceForPackagesError(projectDirectory);
    return { name: 'npm', directory };
  }
  for (let folder = projectDirectory; ; folder = dirname(folder)) {
    const lockFile = Object.keys(lockFiles).find((file) => existsSync(join(folder, file)));
    const name = lockFile === undefined ? declaredManager(folder) : lockFiles[lockFile];
    if (name !== undefined) return { name, directory: projectDirectory };
    if (dirname(folder) === folder) return { name: 'npm', directory: projectDirectory };
  }
}

/**
 * Adds or removes a package. What the manager prints goes to standard error once it has ended, except where it is told in one sentence that
 * there is no such package.
 */
export async function changePackages(
  { name, directory }: PackageManager,
  action: 'add' | 'remove',
  packageName: string,
): Promise<void> {
  if (directory === userPackagesDirectory()) makeUserPackages(directory);
  const args = [verbs[name][action], packageName];
  const command = [name, ...args].join(' ');
  process.stderr.write(`Running \`${command}\` in ${directory}…\n`);
  const { output, end } = await runManager(name, args, directory);
  if (end !== undefined && isPackageMissing(output, packageName)) throw new PackageNotFoundError(packageName, name);
  process.stderr.write(output);
  if (end === undefined) return;
  const { reason, hint } = explainManagerFailure(output) ?? { reason: end, hint: 'Its own output above says why.' };
  throw new PackageManagerFailedError(command, reason, hint);
}

interface EndedManager {
  readonly output: string;
  /** How it ended, unless it succeeded. */
  readonly end: string | undefined;
}

async function runManager(name: PackageManagerName, args: readonly string[], directory: string): Promise<EndedManager> {
  const child = spawn(name, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm and others are scripts on Windows, which only a shell starts.
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const { promise, resolve, reject } = Promise.withResolvers<EndedManager>();
  child.once('error', (error) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const hint = isMissing ? `Install ${name}, or remove the lock file that asks for it.` : 'Try again.';
    const reason = isMissing ? `${name} is not installed` : error.message;
    reject(new PackageManagerFailedError([name, ...args].join(' '), reason, hint, error));
  });
  child.once('close', (exitCode, signal) => {
    const end = signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
    resolve({ output, end: exitCode === 0 ? undefined : end });
  });
  return await promise;
}

function declaredManager(folder: string): PackageManagerName | undefined {
  try {
    const { packageManager } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const name = String(packageManager ?? '').split('@')[0] ?? '';
    return name in verbs ? (name as PackageManagerName) : undefined;
  } catch {
    return undefined;
  }
}

function makeUserPackages(directory: string): void {
  makeFolder(directory, 0o700);
  const file = join(directory, 'package.json');
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ private: true }, null, 2)}\n`);
}
