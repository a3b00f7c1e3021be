import { isIP } from 'node:net';
import type { S3Config } from '../artifact-store.ts';

/** Of servers other than AWS, which do not mind. */
const defaultRegion = 'us-east-1';

/** Where requests of a store go. */
export interface S3Target {
  readonly region: string;
  /** Without a slash at its end; may have a path. */
  readonly endpoint: URL;
  /** Whether the bucket stands in the path rather than in the host name. */
  readonly isPathStyle: boolean;
}

export interface RequestAddress {
  readonly origin: string;
  readonly host: string;
  /** Encoded; of a key `..` and `//` stay. */
  readonly path: string;
}

/** Of the store's config where it tells, else of the AWS configuration, which is loaded for that alone. */
export async function resolveTarget(config: S3Config): Promise<S3Target> {
  if (config.endpoint === undefined) return await (await import('./aws-target.ts')).resolveAwsTarget(config);
  return {
    region: config.region ?? defaultRegion,
    endpoint: new URL(config.endpoint),
    isPathStyle: config.forcePathStyle ?? true,
  };
}

/** Where a bucket is, or an object of it. A bucket that no host name can have stands in the path. */
export function addressOf({ endpoint, isPathStyle }: S3Target, bucket: string, key?: string): RequestAddress {
  const { protocol, hostname, host, pathname } = endpoint;
  const folder = pathname.replace(/\/+$/, '');
  const isNoName = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || (protocol === 'https:' && bucket.includes('.'));
  const object = `/${encodeKey(key ?? '')}`;
  if (isPathStyle || isNoName)
    return { origin: `${protocol}//${host}`, host, path: `${folder}/${bucket}${key === undefined ? '' : object}` };
  const own = `${bucket}.${host}`;
  return { origin: `${protocol}//${own}`, host: own, path: folder + object };
}

export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
}

function encodeKey(key: string): string {
  return encode(key).replaceAll('%2F', '/');
}

/** As AWS does, all but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
