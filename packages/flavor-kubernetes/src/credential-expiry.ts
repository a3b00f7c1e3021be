import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { User } from '@kubernetes/client-node';

/** What of a kubeconfig's user has run out, in words, as far as can be seen from here. Nothing of it is shown. */
export function findExpiredCredential(user: User | null, now = new Date()): string | undefined {
  if (user === null) return undefined;
  const certificate = certificateEnd(user);
  if (certificate !== undefined && certificate < now) return `its client certificate expired at ${when(certificate)}`;
  const token = tokenEnd(user);
  if (token !== undefined && token < now) return `its token expired at ${when(token)}`;
  return undefined;
}

function when(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function certificateEnd({ certData, certFile }: User): Date | undefined {
  try {
    if (certData === undefined && certFile === undefined) return undefined;
    const pem = certData === undefined ? readFileSync(certFile ?? '') : Buffer.from(certData, 'base64');
    return new Date(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

/** Service accounts' and most identity providers' tokens are JSON Web Tokens. */
function tokenEnd({ token }: User): Date | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
    const { exp } = claims as { readonly exp?: unknown };
    return typeof exp === 'number' ? new Date(exp * 1000) : undefined;
  } catch {
    return undefined;
  }
}
