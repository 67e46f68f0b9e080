import { isJwt } from '../auth/bearer-token.js';
import { displayPrefix, hashApiKey, makeApiKeySecret } from './api-key-secret.js';

describe('API key secrets', () => {
  it('are sk_ and 256 bits, each time others, never in the shape of a JWT', () => {
    const secret = makeApiKeySecret();
    expect(secret).toMatch(/^sk_[\w-]{43}$/);
    expect(makeApiKeySecret()).not.toBe(secret);
    expect(isJwt(secret)).toBe(false);
  });

  it('are stored as their SHA-256', () => {
    // FIPS 180-4 test vector of "abc".
    expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    ['sk_ab12cdefghijklmnopqrstuvwxyz', 'sk_ab12'],
    ['an-operators-own-key-of-32-characters', 'an-o'],
  ])('"%s" is shown as "%s"', (secret, prefix) => {
    expect(displayPrefix(secret)).toBe(prefix);
  });
});
