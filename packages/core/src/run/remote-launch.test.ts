import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { carriedFile, remoteBootstrap } from './remote-launch.ts';

const run = promisify(execFile);

/** What runs in the place of an executor, packed as one is. */
function packExecutor(source: string): Buffer {
  const body = Buffer.from(source);
  return gzipSync(Buffer.concat([Buffer.from(`${JSON.stringify([['entry.mjs', body.length]])}\n`), body]));
}

const printing = packExecutor(
  'export const executeRemotely = async ({ request, env }) => console.log(JSON.stringify({ request, env }));',
);

/** A folder as the kubelet makes it: what it holds is reached by links, and changed all at once by another folder in the place of the first. */
class RenewedFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'mlstack-bootstrap-'));
  readonly #files = new Map<string, string | Uint8Array>();
  #renewals = 0;

  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    const before = join(this.path, `..${this.#renewals++}`);
    const next = `..${this.#renewals}`;
    mkdirSync(join(this.path, next));
    for (const [name, content] of Object.entries(files)) {
      if (!this.#files.has(name)) symlinkSync(join('..data', name), join(this.path, name));
      this.#files.set(name, content);
    }
    for (const [name, content] of this.#files) writeFileSync(join(this.path, next, name), content);
    symlinkSync(next, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
    rmSync(before, { recursive: true, force: true });
  }
}

/** A folder as a pod has it, whose only part lies at a URL that the store takes for as long as it says. */
async function startStore(pack: Buffer) {
  const folder = new RenewedFolder();
  onTestFinished(() => rmSync(folder.path, { recursive: true, force: true }));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url !== '/good') response.writeHead(403).end();
    else response.end(pack);
    onAsked();
  });
  let onAsked = () => {};
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sha256 = createHash('sha256').update(pack).digest('hex');
  const parts = (path: string) => [{ name: 'executor', sha256, url: address + path }];
  const launch = (path: string) =>
    folder.write({ 'launch.json': JSON.stringify({ formatVersion: 1, parts: parts(path), artifactStore: {} }) });
  folder.write({ 'bootstrap.mjs': remoteBootstrap, 'env.json': '{"TOKEN":"t"}' });
  const args = [join(folder.path, 'bootstrap.mjs'), '{"runId":"r"}', folder.path];
  return {
    asked,
    launch,
    carry: () => folder.write({ [carriedFile({ sha256 })]: pack }),
    whenAsked: (act: () => void) => {
      onAsked = act;
    },
    start: () => run(process.execPath, args, { timeout: 25_000 }),
  };
}

test('what a stock Node starts fetches the executor and hands over to it', async () => {
  const { launch, start } = await startStore(printing);
  launch('/good');
  expect(JSON.parse((await start()).stdout)).toEqual({ request: { runId: 'r' }, env: { TOKEN: 't' } });
});

test('a part that lies beside it is not fetched', async () => {
  const { asked, launch, carry, start } = await startStore(printing);
  launch('/expired');
  carry();
  expect((await start()).stdout).toContain('"runId":"r"');
  expect(asked).toEqual([]);
});

test('a URL that is renewed while it waits is taken', async () => {
  const { asked, launch, whenAsked, start } = await startStore(printing);
  launch('/expired');
  whenAsked(() => launch('/good'));
  expect((await start()).stdout).toContain('"runId":"r"');
  expect(asked).toEqual(['/expired', '/good']);
});

test('what fails is said, and ends with an exit code', async () => {
  const { launch, start } = await startStore(
    packExecutor('export const executeRemotely = () => { throw new Error("no"); };'),
  );
  launch('/good');
  await expect(start()).rejects.toMatchObject({ code: 1, stderr: 'no\n' });
});
