import { expect, it } from 'vitest';
import { SecretValues } from './redact.ts';

it('replaces a secret in clear, in JSON, in URLs and in Base64, line by line, the longest first', () => {
  const secrets = new SecretValues();
  secrets.add('pass"word');
  secrets.add('pass"word-and-more');
  secrets.add('line one\nline two');
  expect(secrets.redact('pass"word-and-more!')).toBe('***!');
  expect(secrets.redact(JSON.stringify({ p: 'pass"word' }))).toBe('{"p":"***"}');
  expect(secrets.redact(`u:${encodeURIComponent('pass"word')}@`)).toBe('u:***@');
  expect(secrets.redact(Buffer.from('pass"word').toString('base64'))).toBe('***');
  expect(secrets.redact('> line two')).toBe('> ***');
});

it('leaves text alone for values too short to tell from words', () => {
  const secrets = new SecretValues();
  secrets.add('');
  secrets.add('on');
  expect(secrets.redact('one common thing')).toBe('one common thing');
});
