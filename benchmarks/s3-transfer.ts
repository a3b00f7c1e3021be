/**
 * Measures the S3 artifact store against rclone and the plain AWS SDK, on one server and in one run:
 * `node benchmarks/s3-transfer.ts [--size-mib 1024] [--objects 10000] [--rounds 3]`.
 *
 * Wants MLSTACK_TEST_S3_ENDPOINT, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, rclone on the PATH, and what `npm run build` makes. Times are of whole processes,
 * contenders take turns, the best of the rounds counts. The aim: at least 0.9 of the speed of the better of the others, and at most
 * 150 MB of memory over idle.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import type { TransferJob, TransferReport } from './s3-transfer/transfer-job.ts';

const { values } = parseArgs({
  options: {
    'size-mib': { type: 'string', default: '1024' },
    objects: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
  },
});
const endpoint = process.env.MLSTACK_TEST_S3_ENDPOINT;
if (endpoint === undefined) throw new Error('MLSTACK_TEST_S3_ENDPOINT is not set');
const sizeMebibytes = Number(values['size-mib']);
const objectCount = Number(values.objects);
const rounds = Number(values.rounds);
const smallBytes = 4096;

type Contender = 'mlstack' | 'sdk' | 'rclone';
const contenders: readonly Contender[] = ['mlstack', 'sdk', 'rclone'];

interface Measurement {
  readonly seconds: number;
  readonly report?: TransferReport;
}

const bucket = `mlstack-benchmark-${process.pid}`;
const client = new S3Client({ endpoint, region: process.env.AWS_REGION ?? 'us-east-1', forcePathStyle: true });
const folder = mkdtempSync(join(tmpdir(), 'mlstack-s3-transfer-'));

async function deleteObjects(): Promise<void> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket }))
    if (Contents.length > 0)
      await client.send(
        new DeleteObjectsCommand({
          Bucket: bucket,
          Delete: { Quiet: true, Objects: Contents.map(({ Key }) => ({ Key })) },
        }),
      );
}

function commandOf(contender: Contender, job: TransferJob): readonly [string, readonly string[]] {
  if (contender !== 'rclone')
    return [
      process.execPath,
      [join(import.meta.dirname, 's3-transfer', `${contender}-transfer.ts`), JSON.stringify(job)],
    ];
  const remote = `remote:${job.bucket}/${job.prefix}`;
  const [source, target] = job.direction === 'upload' ? [job.directory, remote] : [remote, job.directory];
  return [
    'rclone',
    ['copy', '--checksum', '--transfers', String(job.transfers), '--checkers', String(job.transfers), source, target],
  ];
}

async function measure(contender: Contender, job: TransferJob): Promise<Measurement> {
  const [program, parameters] = commandOf(contender, job);
  const start = performance.now();
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      // rclone's transport takes none.
      AWS_CA_BUNDLE: undefined,
      RCLONE_CONFIG: '/dev/null',
      RCLONE_CONFIG_REMOTE_TYPE: 's3',
      RCLONE_CONFIG_REMOTE_PROVIDER: 'Ceph',
      RCLONE_CONFIG_REMOTE_ENV_AUTH: 'true',
      RCLONE_CONFIG_REMOTE_ENDPOINT: job.endpoint,
    },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${contender} ended with ${code}`);
  return { seconds, ...(output === '' ? {} : { report: JSON.parse(output) as TransferReport }) };
}

function fillFile(file: string, bytes: number): void {
  const block = Buffer.allocUnsafe(Math.min(bytes, 1 << 20));
  const descriptor = openSync(file, 'w');
  for (let written = 0; written < bytes; written += block.byteLength) writeSync(descriptor, randomFillSync(block));
  closeSync(descriptor);
}

const cells: Record<string, Record<string, string>> = {};
let isReached = true;

async function compare(title: string, names: readonly string[], bytes: number, transfers: number): Promise<void> {
  const source = join(folder, title);
  mkdirSync(source);
  for (const name of names) fillFile(join(source, name), bytes);
  const best = new Map<string, Measurement>();
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const target = join(folder, 'target');
      mkdirSync(target);
      const job = { endpoint: endpoint as string, bucket, prefix: `${title}/${contender}/`, names, transfers };
      for (const [direction, directory] of [
        ['upload', source],
        ['download', target],
      ] as const) {
        const measurement = await measure(contender, { ...job, direction, directory });
        const key = `${direction} ${contender}`;
        const other = best.get(key);
        if (other === undefined || measurement.seconds < other.seconds) best.set(key, measurement);
      }
      execFileSync('diff', ['-rq', source, target]);
      rmSync(target, { recursive: true });
      await deleteObjects();
    }
  }
  for (const direction of ['upload', 'download']) {
    const seconds = (contender: Contender) => best.get(`${direction} ${contender}`)?.seconds ?? Number.NaN;
    const ratio = Math.min(seconds('sdk'), seconds('rclone')) / seconds('mlstack');
    const over = contenders.map((contender) => {
      const report = best.get(`${direction} ${contender}`)?.report;
      return report === undefined ? undefined : ((report.peakMemory - report.idleMemory) * 1024) / 1e6;
    });
    cells[`${direction} ${title}`] = {
      ...Object.fromEntries(contenders.map((contender) => [`${contender} s`, seconds(contender).toFixed(2)])),
      'speed, of the better': ratio.toFixed(2),
      'mlstack MB over idle': over[0]?.toFixed(0) ?? '',
      'sdk MB over idle': over[1]?.toFixed(0) ?? '',
    };
    if (ratio < 0.9 || (over[0] ?? 0) > 150) isReached = false;
  }
  rmSync(source, { recursive: true });
}

try {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  if (sizeMebibytes > 0) await compare(`${sizeMebibytes} MiB`, ['large'], sizeMebibytes * 1024 * 1024, 1);
  if (objectCount > 0) {
    const names = Array.from({ length: objectCount }, (_, index) => `small-${index}`);
    await compare(`${objectCount} of ${smallBytes} bytes`, names, smallBytes, 32);
  }
  console.table(cells);
  if (!isReached) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
  await deleteObjects().catch(() => {});
  await client.send(new DeleteBucketCommand({ Bucket: bucket })).catch(() => {});
}
