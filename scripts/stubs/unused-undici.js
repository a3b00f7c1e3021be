// Stands in for what undici has for HTTP/2 and for forms: the client of S3 uses neither, and each process that loads it would pay for them.
export function extractBody() {
  throw new Error('This part of undici is not in this program.');
}
