import type { ResolvedReference } from './step-request.ts';

/** A packed bundle in the artifact store. */
export interface CodePart {
  /** `code`: the user's. `executor`: this core. `artifact-store`: its flavor. Also the name of the folder that it is unpacked to. */
  readonly name: 'code' | 'executor' | 'artifact-store';
  readonly key: string;
  /** Of the packed bytes, lower-case hex. */
  readonly sha256: string;
  readonly packed: Uint8Array;
}

/** The name of a part's file in the folder of `launch.json`, where it lies there: such a part is not fetched. */
export function carriedFile({ sha256 }: Pick<CodePart, 'sha256'>): string {
  return `${sha256}.pack`;
}

/**
 * What a program on another machine is given to execute steps of a run, besides the request's place: `launch.json` beside
 * `bootstrap.mjs` and `env.json`, all in one folder, and parts of the code where they are small. `env.json` has the values of the
 * environment variables that the artifact store and the step name. Both are made of credentials, and travel as such.
 */
export interface RemoteLaunch {
  readonly formatVersion: 1;
  /** Where each part can be fetched without credentials, for some hours. */
  readonly parts: readonly (Pick<CodePart, 'name' | 'sha256'> & { readonly url: string })[];
  readonly artifactStore: ResolvedReference;
}

/** The kubelet cuts what is longer. */
export const maximumEndBytes = 4096;

/** How the program of an execution ended, as it tells the platform in at most `maximumEndBytes`. */
export interface RemoteEnd {
  readonly cause: unknown;
  readonly logChunks: number;
}

/**
 * The program that a stock Node starts: `node bootstrap.mjs <head of the request, as JSON> [working folder]`. Fetches the parts that
 * do not lie beside it, refuses those whose hash is another, and hands over to the executor. Takes nothing but what Node brings, and that by
 * `getBuiltinModule`: an ES import of `node:http` evaluates all that it exports, and so loads a second HTTP client.
 */
export const remoteBootstrap = `const load = process.getBuiltinModule ?? ((name) => import(name));
const { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } = await load('node:fs');
const { tmpdir } = await load('node:os');
const { dirname, join } = await load('node:path');
const { setTimeout: delay } = await load('node:timers/promises');
const { pathToFileURL } = await load('node:url');
const { gunzipSync } = await load('node:zlib');

const [own, head, folder = tmpdir()] = process.argv.slice(1);
// By the name that this program was started by: where the folder is renewed, the place that it leads to now is gone.
const given = (file) => join(dirname(own), file);
const read = (file) => JSON.parse(readFileSync(given(file), 'utf8'));
const [launch, env] = ['launch.json', 'env.json'].map(read);
const root = mkdtempSync(join(folder, 'mlstack-'));
const limit = Date.now() + 300_000;
const silenceMs = 10_000;

async function get(url, redirects = 5) {
  const { get } = await load(url.startsWith('https:') ? 'node:https' : 'node:http');
  const request = get(url, { timeout: silenceMs });
  request.on('timeout', () => request.destroy(new Error('the store is silent')));
  const answer = await new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
  const { statusCode, headers } = answer;
  if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined && redirects > 0) {
    answer.resume();
    return await get(new URL(headers.location, url).href, redirects - 1);
  }
  const chunks = [];
  for await (const chunk of answer) chunks.push(chunk);
  if (statusCode !== 200) throw new Error('the store answers ' + statusCode);
  return Buffer.concat(chunks);
}

async function fetchPart(name) {
  const { createHash } = await load('node:crypto');
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    let reason = 'its SHA-256 is not what was stored';
    try {
      // Whoever launched this renews the URLs in place.
      const { url, sha256 } = read('launch.json').parts.find((part) => part.name === name);
      const bytes = await get(url);
      if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
    } catch (error) {
      reason = String(error.code ?? error.message);
    }
    if (Date.now() + wait > limit) throw new Error('The ' + name + ' of this step cannot be fetched: ' + reason);
    await delay(wait);
  }
}

async function unpack({ name, sha256 }) {
  const carried = given(sha256 + '.pack');
  const bytes = gunzipSync(existsSync(carried) ? readFileSync(carried) : await fetchPart(name));
  let at = bytes.indexOf(10) + 1;
  for (const [path, size] of JSON.parse(bytes.subarray(0, at).toString())) {
    const file = join(root, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes.subarray(at, (at += size)));
  }
}

function requireNode(major, minor) {
  const [has, hasMinor] = process.versions.node.split('.').map(Number);
  if (has > major || (has === major && hasMinor >= minor)) return;
  throw Object.assign(new Error('its image has Node ' + process.versions.node + ', and ' + major + '.' + minor + ' is needed'), { kind: 'refused' });
}

try {
  requireNode(22, 18);
  await Promise.all(launch.parts.map(unpack));
  const { executeRemotely } = await import(pathToFileURL(join(root, 'executor', 'entry.mjs')).href);
  await executeRemotely({ root, launch, env, request: JSON.parse(head) });
} catch (error) {
  let reason = String(error?.message ?? error).slice(0, 2000);
  console.error(reason);
  const encode = () => JSON.stringify({ cause: { kind: error?.kind ?? 'lost', reason }, logChunks: 0 });
  while (Buffer.byteLength(encode()) > ${maximumEndBytes}) reason = reason.slice(0, reason.length / 2);
  try {
    writeFileSync('/dev/termination-log', encode());
  } catch {}
  process.exitCode = 1;
}
`;
