import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** SHA-256 in lower-case hex. */
export function hashText(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Nothing where there is no file that can be read. */
export function hashFile(path: string): string | undefined {
  try {
    return hashText(readFileSync(path));
  } catch {
    return undefined;
  }
}
