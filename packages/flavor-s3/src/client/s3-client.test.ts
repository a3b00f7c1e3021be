import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { S3Config } from '../artifact-store.ts';
import { s3Config } from '../artifact-store.ts';
import { StrangeAnswerError } from '../s3-errors.ts';
import { S3Client } from './s3-client.ts';

async function openClient(listener: RequestListener, config: Partial<S3Config> = {}): Promise<S3Client> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new S3Client(s3Config().parse({ path: 's3://bucket', endpoint, ...keys, ...config }));
  onTestFinished(async () => {
    await client.close();
    server.close().closeAllConnections();
  });
  return client;
}

const object = { bucket: 'bucket', key: 'key' };
const completion = { method: 'POST', ...object, query: { uploadId: 'id' }, body: Buffer.from('<a/>') } as const;

test('an error in an answer that had begun as a success is tried again', async () => {
  let asked = 0;
  const client = await openClient((incoming, answer) => {
    incoming.resume();
    answer.writeHead(200, { 'content-type': 'application/xml' });
    answer.end(
      ++asked < 3
        ? '\n\n<?xml version="1.0"?><Error><Code>InternalError</Code><Message>not now</Message></Error>'
        : '<?xml version="1.0"?><Result><ETag>"1"</ETag></Result>',
    );
  });
  expect(await client.sendForXml(completion, 'Result')).toMatchObject({ ETag: '"1"' });
  expect(asked).toBe(3);
});

test('half a document is asked for again, and one of another kind is none of S3', async () => {
  let asked = 0;
  const client = await openClient((incoming, answer) => {
    incoming.resume();
    answer.end(++asked === 1 ? '<Result><ETag>' : asked === 2 ? '<Result><A>1</A></Result>' : '<html></html>');
  });
  expect(await client.sendForXml(completion, 'Result')).toMatchObject({ A: '1' });
  await expect(client.sendForXml(completion, 'Result')).rejects.toThrow(StrangeAnswerError);
  expect(asked).toBe(3);
});

test('a server that names the time to come back gets that time', async () => {
  const times: number[] = [];
  const client = await openClient((incoming, answer) => {
    incoming.resume();
    times.push(performance.now());
    if (times.length === 1) answer.writeHead(503, { 'retry-after': '1' });
    answer.end();
  });
  await client.send({ method: 'HEAD', ...object });
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThan(990);
});

test('what the server refuses is not tried again, and tells its code', async () => {
  let asked = 0;
  const client = await openClient((incoming, answer) => {
    incoming.resume();
    asked++;
    answer.writeHead(403, { 'content-type': 'application/xml', date: new Date().toUTCString() });
    answer.end('<Error><Code>AccessDenied</Code><Message>no &amp; never</Message></Error>');
  });
  await expect(client.send({ method: 'PUT', ...object, body: Buffer.from('a') })).rejects.toMatchObject({
    name: 'AccessDenied',
    message: 'no & never',
    status: 403,
    attempts: 1,
  });
  expect(asked).toBe(1);
});

test('an upload that comes forward may take longer than the server may be silent', async () => {
  const size = 24 * 1024 * 1024;
  const readSlowly = async (incoming: IncomingMessage) => {
    let read = 0;
    let pausedAt = 0;
    for await (const chunk of incoming) {
      read += chunk.byteLength;
      if (read - pausedAt < size / 20) continue;
      pausedAt = read;
      await sleep(100);
    }
    return read;
  };
  let asked = 0;
  const client = await openClient(
    async (incoming, answer) => {
      asked++;
      answer.end(String(await readSlowly(incoming)));
    },
    { timeoutSeconds: 1 },
  );
  const start = performance.now();
  await client.send({ method: 'PUT', ...object, body: new Uint8Array(size) });
  expect(performance.now() - start).toBeGreaterThan(1500);
  expect(asked).toBe(1);
});

test('an upload that the server takes no more of is broken off after that time', async () => {
  let asked = 0;
  const client = await openClient(
    (incoming, answer) => {
      if (++asked > 1) incoming.resume().on('end', () => answer.end());
    },
    { timeoutSeconds: 1 },
  );
  await client.send({ method: 'PUT', ...object, body: new Uint8Array(24 * 1024 * 1024) });
  expect(asked).toBe(2);
});

test('connections are used again, also after a HEAD', async () => {
  const ports = new Set<number | undefined>();
  const client = await openClient((incoming, answer) => {
    ports.add(incoming.socket.remotePort);
    incoming.resume().on('end', () => answer.end());
  });
  for (const method of ['HEAD', 'PUT', 'HEAD', 'GET', 'HEAD', 'DELETE', 'HEAD', 'POST'] as const)
    await client.send({ method, ...object });
  // One request may be sent before it is known that the connection of the last one is free.
  expect(ports.size).toBeLessThanOrEqual(2);
});
