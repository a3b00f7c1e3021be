import { readFileSync } from 'node:fs';

let version: string | undefined;

/** Of this copy of `@mlstack/core`. */
export function coreVersion(): string {
  version ??= readVersion();
  return version;
}

function readVersion(): string {
  // Built, all chunks lie flat in dist.
  const manifest = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
}
