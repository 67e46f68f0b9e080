import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'sk_';

/** A new API key: `sk_` and 256 random bits in base64url. */
export function makeApiKeySecret(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/**
 * What is stored of an API key: its SHA-256 in hex, by which it is also found. A slow, salted hash protects passwords
 * because people choose guessable ones; nobody guesses 256 random bits, so here it would only cost CPU on every
 * request and rule out the look-up by index.
 */
export function hashApiKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The first characters, by which people tell their keys apart: 4 of the random ones. */
export function displayPrefix(secret: string): string {
  return secret.slice(0, secret.startsWith(PREFIX) ? PREFIX.length + 4 : 4);
}
