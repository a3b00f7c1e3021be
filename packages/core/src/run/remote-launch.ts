import type { ComponentReference } from './step-request.ts';

/** A packed bundle in the artifact store. */
export interface CodePart {
  /** `code`: the user's. `executor`: this core. `artifact-store`: its flavor. Also the name of the folder that it is unpacked to. */
  readonly name: 'code' | 'executor' | 'artifact-store';
  readonly key: string;
  /** Of the packed bytes, lower-case hex. */
  readonly sha256: string;
}

/**
 * What a program on another machine is given to execute steps of a run, besides the request's place: `launch.json` beside
 * `bootstrap.mjs` and `env.json`, all in one folder. `env.json` has the values of the environment variables that the artifact store
 * and the step name. Both are made of credentials, and travel as such.
 */
export interface RemoteLaunch {
  readonly formatVersion: 1;
  /** Where each part can be fetched without credentials, for some hours. */
  readonly parts: readonly (Omit<CodePart, 'key'> & { readonly url: string })[];
  readonly artifactStore: ComponentReference;
}

/** How the program of an execution ended, as it tells the platform in at most 4096 bytes. */
export interface RemoteEnd {
  readonly cause: unknown;
  readonly logChunks: number;
}

/** Where a request waits for its executor: beside the result. */
export function requestKey(outputPrefix: string): string {
  return `${outputPrefix}request.json`;
}

/**
 * The program that a stock Node starts: `node bootstrap.mjs <output prefix> [working folder]`. Fetches the parts, refuses those
 * whose hash is another, and hands over to the executor. Imports nothing that Node does not bring.
 */
export const remoteBootstrap = `import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

const [launch, env] = ['./launch.json', './env.json'].map((file) =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')),
);
const [prefix, folder = tmpdir()] = process.argv.slice(2);
const root = mkdtempSync(join(folder, 'mlstack-'));
const limit = Date.now() + 300_000;

async function fetchPart({ name, url, sha256 }) {
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    let reason;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
      if (answer.ok) {
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
        reason = 'its SHA-256 is not what was stored';
      } else reason = 'the store answers ' + answer.status;
    } catch (error) {
      reason = String(error.cause?.code ?? error.cause?.message ?? error.message);
    }
    if (Date.now() + wait > limit) throw new Error('The ' + name + ' of this step cannot be fetched: ' + reason);
    await delay(wait);
  }
}

async function unpack(part) {
  const bytes = gunzipSync(await fetchPart(part));
  let at = bytes.indexOf(10) + 1;
  for (const [path, size] of JSON.parse(bytes.subarray(0, at).toString())) {
    const file = join(root, part.name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes.subarray(at, (at += size)));
  }
}

try {
  await Promise.all(launch.parts.map(unpack));
  const { executeRemotely } = await import(pathToFileURL(join(root, 'executor', 'entry.mjs')).href);
  await executeRemotely({ root, launch, env, prefix });
} catch (error) {
  const reason = String(error?.message ?? error).slice(0, 2000);
  console.error(reason);
  try {
    writeFileSync('/dev/termination-log', JSON.stringify({ cause: { kind: 'lost', reason }, logChunks: 0 }));
  } catch {}
  process.exitCode = 1;
}
`;
