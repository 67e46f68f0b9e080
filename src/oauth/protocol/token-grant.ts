import { type JsonObject } from '../../common/json.js';
import { type OAuthProvider } from '../providers/define-provider.js';
import { OAuthTroubleError } from './upstream.errors.js';

/** Longer texts are no tokens: the longest seen, JWTs with many groups, have some 8,000 characters. */
const MAX_TOKEN_CHARACTERS = 32_768;
const MAX_SCOPES = 500;
/** What a scope may be spelt with (RFC 6749, 3.3). */
export const scopeText = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;
/** No token lives longer than ten years; a date that is further away may be none. */
const MAX_SECONDS = 10 * 365 * 86_400;

/** What a token endpoint has given. */
export interface TokenGrant {
  readonly accessToken: string;
  /** Absent: the one that is known stays in use. */
  readonly refreshToken: string | undefined;
  /** Granted; absent: those that were asked for (RFC 6749, 5.1). */
  readonly scopes: string[] | undefined;
  /** Null: the provider does not say. */
  readonly expiresAt: Date | null;
  /** All of the answer. */
  readonly answer: JsonObject;
  /** Of a checked ID token. */
  readonly claims: JsonObject | undefined;
}

/**
 * @param askedAt milliseconds since 1970: a lifetime counts from before the request, so that it ends too early at most
 * @throws OAuthTroubleError when the tokens can't be stored or sent
 */
export function tokenGrantOf(
  provider: OAuthProvider,
  answer: JsonObject,
  askedAt: number,
  claims?: JsonObject,
): TokenGrant {
  const { access_token: accessToken, refresh_token: refreshToken, scope, expires_in: expiresIn } = answer;
  const seconds = Number(expiresIn ?? provider.accessTokenSeconds ?? NaN);
  return {
    accessToken: tokenText(accessToken),
    refreshToken: refreshToken === undefined || refreshToken === '' ? undefined : tokenText(refreshToken),
    scopes: typeof scope === 'string' && scope.trim() !== '' ? splitScopes(scope) : undefined,
    expiresAt:
      Number.isFinite(seconds) && seconds > 0 ? new Date(askedAt + Math.min(seconds, MAX_SECONDS) * 1_000) : null,
    answer,
    claims,
  };
}

/** Providers separate by spaces or commas, some in requests by one and in answers by the other; no scope has either. */
export function splitScopes(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((scope) => scopeText.test(scope)))].slice(0, MAX_SCOPES);
}

/** A token that can be put into a header and into the database: printable ASCII (RFC 6750, 2.1). */
function tokenText(token: unknown): string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token) && token.length <= MAX_TOKEN_CHARACTERS) return token;
  throw new OAuthTroubleError('its answer holds a token that is no printable text.');
}
