import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { userPackagesDirectory } from '@mlstack/core/project';
import { expect, onTestFinished, test, vi } from 'vitest';
import { changePackages, findPackageManager } from './change-packages.ts';
import { explainManagerFailure, isPackageMissing } from './explain-manager-failure.ts';
import { integrationName, integrationPackage } from './integration-packages.ts';

function createFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test.each([
  ['package-lock.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
])('%s means %s', (lockFile, name) => {
  const directory = createFolder({ 'package.json': '{}', [lockFile]: '' });
  expect(findPackageManager(directory)).toEqual({ name, directory });
});

test('a package of a workspace uses the lock file of the workspace', () => {
  const workspace = createFolder({ 'package.json': '{}', 'pnpm-lock.yaml': '' });
  const directory = join(workspace, 'inner');
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{}');
  expect(findPackageManager(directory)).toEqual({ name: 'pnpm', directory });
});

test('package.json may name the package manager', () => {
  const directory = createFolder({ 'package.json': '{"packageManager": "yarn@4.1.0"}' });
  expect(findPackageManager(directory).name).toBe('yarn');
});

test('without a package.json packages go where those of the user are', () => {
  expect(findPackageManager(createFolder({}))).toEqual({ name: 'npm', directory: userPackagesDirectory() });
});

test('the name of an integration cannot lead elsewhere', () => {
  expect(integrationPackage('s3')).toBe('@mlstack/flavor-s3');
  expect(integrationName('@mlstack/flavor-s3')).toBe('s3');
  for (const name of ['../x', 's3@latest', '--global', '', 'a b', 'x'.repeat(100)]) {
    expect(() => integrationPackage(name)).toThrow('is not the name of an integration');
  }
});

/** A folder whose npm asks a registry that answers each request with this status. */
async function createProjectAt(status: number): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end('{}'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return createFolder({
    'package.json': '{}',
    'package-lock.json': '{"lockfileVersion": 3, "packages": {}}',
    '.npmrc': `registry=${registry}\n@mlstack:registry=${registry}\nfetch-retries=0\ncache=${createFolder({})}\n`,
  });
}

async function add(directory: string, packageName: string) {
  let printed = '';
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  try {
    const error = await changePackages({ name: 'npm', directory }, 'add', packageName).catch((thrown) => thrown);
    return { error, printed };
  } finally {
    spy.mockRestore();
  }
}

test('a package that the registry does not have is told in one sentence, and nothing is changed', async () => {
  const directory = await createProjectAt(404);
  const { error, printed } = await add(directory, '@mlstack/flavor-s4');
  expect(error).toMatchObject({
    code: 'PACKAGE_NOT_FOUND',
    kind: 'input',
    message: 'There is no package @mlstack/flavor-s4: the registry that npm asks has none of this name.',
    hint: 'Did you mean "s3"? Flavors of other people are installed by their whole name, with npm itself.',
  });
  expect(printed).toBe(`Running \`npm install @mlstack/flavor-s4\` in ${directory}…\n`);
  expect(readFileSync(join(directory, 'package.json'), 'utf8')).toBe('{}');
  expect(readdirSync(directory).sort()).toEqual(['.npmrc', 'package-lock.json', 'package.json']);
  expect((await add(directory, '@mlstack/flavor-s3')).error.hint).toBe(
    'See which registry npm asks: another one has it.',
  );
}, 60_000);

test.each([
  [401, 'the registry does not let you read it'],
  [500, 'exit code 1'],
])(
  'a registry that answers %i is told, below the output of npm',
  async (status, reason) => {
    const { error, printed } = await add(await createProjectAt(status), '@mlstack/flavor-s3');
    expect(error).toMatchObject({
      code: 'PACKAGE_MANAGER_FAILED',
      kind: 'failure',
      message: `\`npm install @mlstack/flavor-s3\` failed: ${reason}.`,
    });
    expect(printed).toContain(`npm error code E${status}`);
  },
  60_000,
);

test.each([
  ['npm', 'npm error code E404\nnpm error 404 Not Found - GET http://localhost/@mlstack%2fflavor-s4 - Not found\n'],
  [
    'pnpm',
    '  × adding a new package\n  ╰─▶ Failed to resolve the latest version of @mlstack/flavor-s4: Failed to\n      fetch metadata from http://localhost/@mlstack%2Fflavor-s4:\n      HTTP status client error (404 Not Found)\n',
  ],
  [
    'yarn 4',
    "➤ YN0027: @mlstack/flavor-s4@unknown can't be resolved to a satisfying range\n➤ YN0035: Package not found\n➤ YN0035:   Response Code: 404 (Not Found)\n",
  ],
  ['yarn 1', 'error An unexpected error occurred: "http://localhost/@mlstack%2fflavor-s4: Not found".\n'],
  ['bun', 'Resolving dependencies\nerror: GET http://localhost/@mlstack%2fflavor-s4 - 404\n'],
])('%s says that there is no such package', (_, output) => {
  expect(isPackageMissing(output, '@mlstack/flavor-s4')).toBe(true);
  expect(isPackageMissing(output, '@mlstack/flavor-s')).toBe(false);
});

test.each([
  ['npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write', 'no space is left on the disk'],
  ['npm error code EACCES\nnpm error syscall mkdir\nnpm error path /srv/app/node_modules', 'it may not write there'],
  ['npm error code ENOTFOUND\nnpm error syscall getaddrinfo', 'the registry cannot be reached'],
])('%s', (output, reason) => {
  expect(explainManagerFailure(output)?.reason).toBe(reason);
});
