import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { S3ArtifactStore } from './s3-artifact-store.ts';
import { createTestStore } from './testing/test-store.ts';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function open(endpoint: string, retrySeconds = 30): S3ArtifactStore {
  const keys = { accessKeyId: 'any', secretAccessKey: 'any' };
  const store = createTestStore({ path: 's3://bucket/prefix', endpoint, ...keys, retrySeconds });
  onTestFinished(() => store.close());
  return store;
}

/** At once: what will not get better is not tried again. */
async function expectExplained(store: S3ArtifactStore, reason: RegExp, hint: RegExp): Promise<void> {
  const start = performance.now();
  const writing = store.write('key', new Uint8Array(1));
  await expect(writing).rejects.toMatchObject({
    code: 'ARTIFACT_STORE_FAILED',
    message: expect.stringMatching(reason),
    hint: expect.stringMatching(hint),
  });
  expect(await store.diagnose()).toMatchObject([{ level: 'problem', message: expect.stringMatching(reason) }]);
  expect(performance.now() - start).toBeLessThan(15_000);
}

const answerAll =
  (status: number, headers: Record<string, string>, body: string): RequestListener =>
  (incoming, answer) => {
    incoming.resume().on('end', () => answer.writeHead(status, headers).end(body));
  };
const html = { 'content-type': 'text/html' };

test('https where the server speaks http', async () => {
  const port = await listen(createServer(answerAll(200, html, '')));
  await expectExplained(open(`https://127.0.0.1:${port}`), /does not speak https/, /http:\/\//);
});

test('http where the server speaks https', async () => {
  const { key, cert } = selfSigned();
  const port = await listen(createTlsServer({ key, cert }));
  // As a connection that breaks, which is tried again.
  await expectExplained(open(`http://127.0.0.1:${port}`, 0.5), /ends the connection/, /https/);
});

test('a certificate that nobody vouches for', async () => {
  const { key, cert } = selfSigned();
  const port = await listen(createTlsServer({ key, cert }, answerAll(200, html, '')));
  await expectExplained(open(`https://127.0.0.1:${port}`), /certificate .*not trusted/, /NODE_EXTRA_CA_CERTS/);
});

test('a server that sends all to https', async () => {
  const port = await listen(createServer(answerAll(301, { location: 'https://s3.example.org/' }, '')));
  await expectExplained(open(`http://127.0.0.1:${port}`), /redirects to https:\/\/s3\.example\.org/, /endpoint/);
});

test('a web server that answers everything', async () => {
  const port = await listen(createServer(answerAll(200, html, '<!doctype html><title>Console</title>')));
  await expectExplained(open(`http://127.0.0.1:${port}`), /does not answer as S3 does/, /endpoint/);
});

test('a web server that knows nothing', async () => {
  const port = await listen(createServer(answerAll(404, html, '<!doctype html><title>Not found</title>')));
  await expectExplained(
    open(`http://127.0.0.1:${port}`),
    /does not answer as S3 does|bucket .*does not exist/,
    /endpoint|path/,
  );
});

test('the region of another bucket, as AWS answers', async () => {
  const headers = { 'content-type': 'application/xml', 'x-amz-bucket-region': 'eu-central-1' };
  const body =
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>';
  const port = await listen(createServer(answerAll(301, headers, body)));
  const store = open(`http://127.0.0.1:${port}`);
  await expect(store.write('key', new Uint8Array(1))).rejects.toThrow('the bucket is in another region');
  await expect(store.stat('key')).rejects.toThrow('the bucket is in another region');
  expect(await store.diagnose()).toMatchObject([
    {
      subject: 'region',
      message: expect.stringContaining('eu-central-1'),
      fix: expect.stringContaining('--region=eu-central-1'),
    },
  ]);
});

function selfSigned(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-s3-certificate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', [...request, '-subj', '/CN=127.0.0.1', '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  return { key: readFileSync(keyFile), cert: readFileSync(certFile) };
}

test('a server that takes connections and never answers is given up after its time, and not asked twice', async () => {
  let asked = 0;
  const silent = createNetServer((socket) => void socket.on('error', () => {}).on('data', () => asked++));
  const port = await listen(silent);
  const keys = { accessKeyId: 'any', secretAccessKey: 'any' };
  const endpoint = `http://127.0.0.1:${port}`;
  const store = createTestStore({ path: 's3://bucket', endpoint, ...keys, retrySeconds: 0.4, timeoutSeconds: 0.5 });
  onTestFinished(() => store.close());
  expect(await store.status()).toEqual({ state: 'failed', message: expect.stringContaining('does not answer') });
  expect(asked).toBe(1);
  expect(await store.diagnose()).toEqual([
    expect.objectContaining({ message: expect.stringContaining('does not answer'), fix: expect.any(String) }),
  ]);
  expect(asked).toBe(2);
  await expect(store.stat('key')).rejects.toThrow('does not answer');
  expect(asked).toBe(3);
});
