import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Programs that end and start parts of the servers under test. Absolute. */
const kubeServer = process.env.MLSTACK_TEST_KUBE_SERVER;
const s3Server = process.env.MLSTACK_TEST_S3_SERVER;

export const areServersOurs = kubeServer !== undefined && s3Server !== undefined;

const run = promisify(execFile);

export type ServerPart = 'apiserver' | 'kubelet' | 's3';

const down = new Set<ServerPart>();

/** As a fault: at once, and without a word. */
export async function killPart(part: ServerPart): Promise<void> {
  down.add(part);
  await (part === 's3' ? call('s3', 'kill') : call('kube', 'kill', part));
}

/** Brings it back with its data, where it was killed here. */
export async function startPart(part: ServerPart): Promise<void> {
  if (!down.delete(part)) return;
  await (part === 's3' ? call('s3', 'gateway') : call('kube', 'start', part));
}

export async function startAllParts(): Promise<void> {
  for (const part of [...down]) await startPart(part);
}

async function call(server: 'kube' | 's3', ...args: string[]): Promise<void> {
  await run((server === 's3' ? s3Server : kubeServer) as string, args);
}
