import { expect, test } from 'vitest';
import { SecretValues } from '../secret/redact.ts';
import { encodeRemoteEnd } from './encode-remote-end.ts';

const encode = (reason: string, secrets = new SecretValues()) =>
  encodeRemoteEnd({ cause: { kind: 'lost', reason }, logChunks: 3 }, secrets);

test('what a program says last fits, whatever it is written in', () => {
  for (const text of ['ж', '"', '\u0001', '漢字', '😀', 'plain ']) {
    const said = encode(`it said ${text.repeat(5000)}`);
    expect(Buffer.byteLength(said)).toBeLessThanOrEqual(4096);
    expect(JSON.parse(said)).toEqual({
      cause: { kind: 'lost', reason: expect.stringMatching(/^it said /) },
      logChunks: 3,
    });
    expect(said).not.toMatch(/\\ud[89ab]/i);
  }
  expect(JSON.parse(encode('short'))).toEqual({ cause: { kind: 'lost', reason: 'short' }, logChunks: 3 });
});

test('everybody who sees the pod reads it: no secret is in it', () => {
  const secrets = new SecretValues();
  secrets.add('very-secret');
  expect(encode('the store does not take very-secret', secrets)).not.toContain('very-secret');
});
