import { randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const timeLength = 9;
const randomLength = 11;

/** An id for a run or an artifact: 20 lower-case letters and digits that sort by the millisecond they were made in. */
export function createId(now = Date.now()): string {
  let id = '';
  for (let rest = now, place = 0; place < timeLength; place++) {
    id = alphabet[rest % 32] + id;
    rest = Math.floor(rest / 32);
  }
  for (const byte of randomBytes(randomLength)) id += alphabet[byte % 32];
  return id;
}
