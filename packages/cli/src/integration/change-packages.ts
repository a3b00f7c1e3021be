import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MlstackError, makeFolder, userPackagesDirectory } from '@mlstack/core/project';

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
  constructor(command: string, reason: string, cause?: unknown) {
    super(`\`${command}\` failed: ${reason}.`, { hint: 'Its own output above says why.', cause });
  }
}

/**
 * The package manager of the project: the one whose lock file is nearest, else the one that package.json names, else npm. A
 * project without a package.json gets its packages where mlstack keeps those of the user.
 */
export function findPackageManager(projectDirectory: string): PackageManager {
  if (!existsSync(join(projectDirectory, 'package.json'))) return { name: 'npm', directory: userPackagesDirectory() };
  for (let folder = projectDirectory; ; folder = dirname(folder)) {
    const lockFile = Object.keys(lockFiles).find((file) => existsSync(join(folder, file)));
    const name = lockFile === undefined ? declaredManager(folder) : lockFiles[lockFile];
    if (name !== undefined) return { name, directory: projectDirectory };
    if (dirname(folder) === folder) return { name: 'npm', directory: projectDirectory };
  }
}

/** Adds or removes a package, with the manager's own output on standard error. */
export async function changePackages(
  { name, directory }: PackageManager,
  action: 'add' | 'remove',
  packageName: string,
): Promise<void> {
  if (directory === userPackagesDirectory()) makeUserPackages(directory);
  const args = [verbs[name][action], packageName];
  const command = [name, ...args].join(' ');
  const child = spawn(name, args, {
    cwd: directory,
    stdio: ['ignore', process.stderr, process.stderr],
    // npm and others are scripts on Windows, which only a shell starts.
    shell: process.platform === 'win32',
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', (error) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    reject(new PackageManagerFailedError(command, isMissing ? `${name} is not installed` : error.message, error));
  });
  child.once('close', (exitCode, signal) => {
    if (exitCode === 0) resolve();
    else
      reject(new PackageManagerFailedError(command, signal === null ? `exit code ${exitCode}` : `ended by ${signal}`));
  });
  await promise;
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
