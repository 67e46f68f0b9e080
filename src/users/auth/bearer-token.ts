import { CredentialsInvalidError, CredentialsMissingError } from './auth.errors.js';

/** Longest credential that is looked at, in characters: room for a JWT with many claims. */
export const MAX_TOKEN_LENGTH = 8192;

/**
 * The credential of an `Authorization` header, RFC 6750, section 2.1. It is never taken from the URL or the body,
 * which end up in logs and histories.
 * @throws CredentialsMissingError without a `Bearer` credential.
 * @throws CredentialsInvalidError for one longer than MAX_TOKEN_LENGTH.
 */
export function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (!token) throw new CredentialsMissingError();
  if (token.length > MAX_TOKEN_LENGTH) throw new CredentialsInvalidError();
  return token;
}

/**
 * Whether a credential has the shape of a JWT (RFC 7515, section 7.1: three base64url parts between dots). Everything
 * else is taken for an API key, because the first one may be any string that its operator chose.
 */
export function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}
