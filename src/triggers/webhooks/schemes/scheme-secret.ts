import { randomBytes } from 'node:crypto';

/** The secret that sender and receiver share. */
export type SchemeSecret = GeneratedSecret | GivenSecret;

/** Seer makes one, for the sender to be told, unless one is given. */
interface GeneratedSecret extends SecretRule {
  readonly origin: 'generated';
  generate(): string;
}

/** The sender makes it; it must be given. */
interface GivenSecret extends SecretRule {
  readonly origin: 'given';
}

interface SecretRule {
  /** What is wrong with a secret that somebody wants to store, in a sentence for people that does not repeat it. */
  check(secret: string): string | undefined;
}

/** 256 bits in characters that every header, form and shell takes. */
const generate = (): string => randomBytes(32).toString('base64url');

/** @param rule what `pattern` wants, after "The secret must be" */
export function generatedSecret(pattern: RegExp, rule: string): SchemeSecret {
  return { origin: 'generated', generate, check: checkOf(pattern, rule) };
}

/** @param rule what `pattern` wants, after "The secret must be" */
export function givenSecret(pattern: RegExp, rule: string): SchemeSecret {
  return { origin: 'given', check: checkOf(pattern, rule) };
}

/** The key of an HMAC: any text. White space at an end is a slip in copying, and another key. */
export const signingKey = generatedSecret(
  /^(?=\S)[^\u0000-\u001f\u007f]{16,255}(?<=\S)$/u,
  '16 to 255 characters, without line breaks, and without spaces at its ends',
);

function checkOf(pattern: RegExp, rule: string) {
  return (secret: string): string | undefined => (pattern.test(secret) ? undefined : `The secret must be ${rule}.`);
}
