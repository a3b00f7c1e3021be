import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tarballOf } from './install-project.ts';
import { createUserFolder, createUserProject, openUserProject } from './user-project.ts';

test('npm i is all that makes a flavor package appear, and npm rm all that makes it vanish', {
  timeout: 300_000,
}, () => {
  const directory = createUserFolder();
  const npm = (...args: string[]) =>
    execFileSync('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  npm('i', ...['@mlstack/core', '@mlstack/cli', '@mlstack/flavor-local'].map(tarballOf));
  const user = openUserProject(directory, { HOME: createUserFolder() });
  user.succeed('init');

  const whereItShows = () => ({
    flavors: user.succeed('flavor', 'list').includes('@mlstack/flavor-s3'),
    flavorsOfType: user.succeed('artifact-store', 'flavor', 'list').includes('@mlstack/flavor-s3'),
    help: /^\s+s3\s/m.test(user.succeed('--help')),
    helpOfType: user.succeed('artifact-store', 'register', '--help').includes('s3'),
    topics: /^s3\t/m.test(user.succeed('complete', '--', 's')),
    commands: /^cp\t/m.test(user.succeed('complete', '--', 's3', '')),
    values: /^--flavor=s3\t/m.test(user.succeed('complete', '--', 'artifact-store', 'register', 'x', '--flavor=')),
    command: user.mlstack('s3', 'ls', '--help').status === 0,
    register:
      user.mlstack('artifact-store', 'register', `x${Date.now()}`, '--flavor=s3', '--path=s3://bucket').status === 0,
  });
  const everywhere = (shown: boolean) => Object.fromEntries(Object.keys(whereItShows()).map((place) => [place, shown]));

  expect(whereItShows()).toEqual(everywhere(false));
  npm('i', tarballOf('@mlstack/flavor-s3'));
  expect(whereItShows()).toEqual(everywhere(true));
  npm('rm', '@mlstack/flavor-s3');
  expect(whereItShows()).toEqual(everywhere(false));
});

test('integration install adds a flavor by the package manager of the project, and uninstall takes it away', {
  timeout: 300_000,
}, async () => {
  const directory = createUserFolder();
  using registry = await servePackage('@mlstack/flavor-s3');
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarballs = ['@mlstack/core', '@mlstack/cli', '@mlstack/flavor-local'].map(tarballOf);
  execFileSync('npm', ['i', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(join(directory, '.npmrc'), `@mlstack:registry=${registry.url}\nprefer-offline=true\naudit=false\n`);
  const user = openUserProject(directory, { HOME: createUserFolder() });
  user.succeed('init');
  const versionOf = () => JSON.parse(user.read('package.json')).dependencies['@mlstack/flavor-s3'];

  expect(await user.finish('integration', 'install', 's3')).toContain('s3');
  expect(versionOf()).toMatch(/^\^\d/);
  expect(user.succeed('integration', 'list')).toMatch(/s3 +.*\d+\.\d+\.\d+/);
  user.succeed('artifact-store', 'register', 'prod', '--flavor=s3', '--path=s3://bucket');
  const refused = user.mlstack('integration', 'uninstall', 's3');
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('prod')]);
  expect(versionOf()).toBeDefined();
  user.succeed('artifact-store', 'delete', 'prod', '--yes');
  await user.finish('integration', 'uninstall', 's3', '--yes');
  expect(versionOf()).toBeUndefined();
  expect(user.succeed('flavor', 'list')).not.toContain('@mlstack/flavor-s3');
  expect(user.mlstack('integration', 'install', '../x').status).toBe(2);
});

/** A registry with the packed package alone, as far as the clients of package managers ask it. */
async function servePackage(name: string): Promise<Disposable & { readonly url: string }> {
  const tarball = tarballOf(name);
  const bytes = readFileSync(tarball);
  const manifest = JSON.parse(execFileSync('tar', ['-xOf', tarball, 'package/package.json'], { encoding: 'utf8' }));
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const server = createServer(({ url: path, headers }, response) => {
    if (path?.endsWith('.tgz')) return response.end(bytes);
    if (decodeURIComponent(path ?? '') !== `/${name}`) return response.writeHead(404).end('{}');
    const dist = { tarball: `http://${headers.host}/package.tgz`, integrity };
    const { version } = manifest;
    const found = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(found));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, [Symbol.dispose]: () => server.close() };
}

test('commands that do not touch the store load neither the SDK of its flavor nor, where they only list, its definition', () => {
  const loaded = join(createUserFolder(), 'loaded.txt');
  const recorder = `import { registerHooks } from 'node:module';
    import { appendFileSync } from 'node:fs';
    registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(loaded)}, url + '\\n'); return next(url, context); } });`;
  const preload = `data:text/javascript,${encodeURIComponent(recorder)}`;
  const user = createUserProject({ NODE_OPTIONS: `--import=${JSON.stringify(preload)}` });
  const modulesOf = (...args: string[]) => {
    writeFileSync(loaded, '');
    user.succeed(...args);
    return readFileSync(loaded, 'utf8').split('\n');
  };
  const sdkOf = (modules: string[]) => modules.filter((url) => /@aws-sdk|@smithy|s3-artifact-store/.test(url));
  const flavorOf = (modules: string[]) => modules.filter((url) => url.includes('flavor-s3'));

  user.succeed('init');
  const store = ['--flavor=s3', '--path=s3://bucket', '--endpoint=http://127.0.0.1:9'];
  expect(sdkOf(modulesOf('artifact-store', 'register', 'prod', ...store))).toEqual([]);
  user.succeed('stack', 'register', 'prod', '-o', 'default', '-a', 'prod', '-m', 'default', '--set');
  for (const args of [
    ['stack', 'list'],
    ['stack', 'get'],
    ['--help'],
    ['flavor', 'list'],
    ['artifact-store', 'list'],
  ]) {
    const modules = modulesOf(...args);
    expect(modules.length, args.join(' ')).toBeGreaterThan(5);
    expect(flavorOf(modules), args.join(' ')).toEqual([]);
    expect(sdkOf(modules), args.join(' ')).toEqual([]);
  }
  for (const args of [
    ['stack', 'describe'],
    ['artifact-store', 'describe', 'prod'],
    ['runs', 'list'],
    ['artifacts', 'list'],
  ])
    expect(sdkOf(modulesOf(...args)), args.join(' ')).toEqual([]);

  // What the recorder sees of a command that does touch it.
  writeFileSync(loaded, '');
  user.mlstack('doctor');
  expect(sdkOf(readFileSync(loaded, 'utf8').split('\n'))).not.toEqual([]);
});
