import { crc32 } from 'node:zlib';

/** For requests that S3 takes with a checksum only. */
export function checksumHeaders(body: Uint8Array): Readonly<Record<string, string>> {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return { 'x-amz-sdk-checksum-algorithm': 'CRC32', 'x-amz-checksum-crc32': checksum.toString('base64') };
}
