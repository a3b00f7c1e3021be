import { createHash } from 'node:crypto';

/**
 * A segment of an artifact key for any text: the text itself where it fits, else what is left of it with a part of its hash, so that different
 * texts have different segments. At most 80 bytes.
 */
export function keySegment(text: string): string {
  if (/^[a-z0-9-][a-z0-9.-]{0,63}$/.test(text)) return text;
  const rest = text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 48);
  return `${rest}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}
