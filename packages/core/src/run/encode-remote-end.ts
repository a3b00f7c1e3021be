import type { SecretValues } from '../secret/redact.ts';
import type { RemoteEnd } from './remote-launch.ts';
import { maximumEndBytes } from './remote-launch.ts';

/** What a program tells the platform last, without secrets and short enough: texts are cut until it fits. */
export function encodeRemoteEnd({ cause, logChunks }: RemoteEnd, secrets: SecretValues): string {
  for (let length = 1000; ; length = Math.floor(length / 2)) {
    const short = JSON.parse(JSON.stringify(cause), (_key, value: unknown) =>
      typeof value === 'string' ? cut(secrets.redact(value), length) : value,
    );
    const end = JSON.stringify({ cause: short, logChunks });
    if (Buffer.byteLength(end) <= maximumEndBytes || length === 0) return end;
  }
}

/** A character of two halves stays whole. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}
