import { CredentialsInvalidError, CredentialsMissingError } from './auth.errors.js';
import { bearerToken, isJwt, MAX_TOKEN_LENGTH } from './bearer-token.js';

describe('bearerToken', () => {
  it.each([
    ['Bearer sk_abc', 'sk_abc'],
    ['bearer sk_abc', 'sk_abc'],
    ['BEARER   sk_abc', 'sk_abc'],
    [`Bearer ${'a'.repeat(MAX_TOKEN_LENGTH)}`, 'a'.repeat(MAX_TOKEN_LENGTH)],
  ])('reads the credential of "%.30s"', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearersk_abc', 'Bearer two words', 'sk_abc'])(
    'finds no credential in "%s"',
    (header) => {
      expect(() => bearerToken(header)).toThrow(CredentialsMissingError);
    },
  );

  it('refuses a credential over the limit', () => {
    expect(() => bearerToken(`Bearer ${'a'.repeat(MAX_TOKEN_LENGTH + 1)}`)).toThrow(CredentialsInvalidError);
  });
});

describe('isJwt', () => {
  it.each([
    ['eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', true],
    ['eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', true],
    ['sk_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG', false],
    ['an.operators!own.key-of-at-least-32-characters', false],
    ['a.b', false],
    ['a.b.c.d.e', false],
  ])('of "%s" is %s', (token, expected) => {
    expect(isJwt(token)).toBe(expected);
  });
});
