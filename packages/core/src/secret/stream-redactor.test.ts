import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SecretValues } from './redact.ts';
import { StreamRedactor } from './stream-redactor.ts';

function redactPieces(secrets: SecretValues, pieces: readonly string[]): string {
  const redactor = new StreamRedactor(secrets);
  return pieces.map((piece) => redactor.push(piece)).join('') + redactor.end();
}

test('a secret that comes in pieces is redacted', () => {
  const secrets = new SecretValues();
  secrets.add('hunter22');
  expect(redactPieces(secrets, ['password: hunt', 'er', '22!'])).toBe('password: ***!');
  expect(redactPieces(secrets, ['hunt', 'ing'])).toBe('hunting');
});

test('text is held back only as far as it may begin a secret', () => {
  const secrets = new SecretValues();
  secrets.add('hunter22');
  const redactor = new StreamRedactor(secrets);
  expect(redactor.push('a line\nhun')).toBe('a line\n');
  expect(redactor.push('dred')).toBe('hundred');
});

test('the pieces of a stream are redacted as the whole would be', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 });
  const secret = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 4, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(letters, { maxLength: 6 }),
      fc.array(secret, { minLength: 1, maxLength: 3 }),
      (pieces, values) => {
        const secrets = new SecretValues();
        for (const value of values) secrets.add(value);
        expect(redactPieces(secrets, pieces)).toBe(secrets.redact(pieces.join('')));
      },
    ),
  );
});
