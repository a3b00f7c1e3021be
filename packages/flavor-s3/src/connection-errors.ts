import type { Explanation } from './s3-errors.ts';

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

const goOn = 'try again; `mlstack runs resume` goes on with a run';

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** Says what is wrong with a connection in a user's words, by the code of Node's error. */
export function explainConnectionError(code: string): Explanation | undefined {
  if (code === 'ETIMEDOUT')
    return {
      reason: `the server does not answer (${code})`,
      hint: `Check the endpoint and the network, then ${goOn}.`,
    };
  if (unreachable.has(code))
    return {
      reason: `the server cannot be reached (${code})`,
      hint: `Check the endpoint and the network, then ${goOn}.`,
    };
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return {
      reason: `the server cannot be reached (${code}): it ends the connection`,
      hint: `Check the endpoint (does it speak https://?) and the network, then ${goOn}.`,
    };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return {
      reason: 'the server does not speak https at this address',
      hint: 'Correct the endpoint of the store: http:// rather than https://, or another port.',
    };
  if (code.startsWith('HPE_'))
    return {
      reason: `the server does not speak http at this address (${code})`,
      hint: 'Correct the endpoint of the store: https:// rather than http://, or another port.',
    };
  if (untrusted.has(code))
    return {
      reason: `the certificate of the server is not trusted (${code})`,
      hint: 'Set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority.',
    };
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return { reason: `the certificate of the server is not valid now (${code})`, hint: 'Renew it, or set the clock.' };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      reason: 'the certificate of the server is for another host name',
      hint: 'Correct the endpoint of the store. Where the bucket stands in the host name, set --forcePathStyle=true.',
    };
  return undefined;
}
