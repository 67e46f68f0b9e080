import { OperationProcessingError, ResponseBodyError, WWWAuthenticateChallengeError } from 'oauth4webapi';
import { EgressError } from '../../common/egress/egress.errors.js';
import { OAuthRefusedError, OAuthTroubleError, OAuthUpstreamError } from './upstream.errors.js';

/** Errors of RFC 6749 that say nothing against the client or its tokens. */
const passing = new Set(['temporarily_unavailable', 'server_error', 'slow_down', 'internal_failure', 'rate_limited']);
const ERROR_CHARACTERS = 100;

/** What went wrong in a request to a provider, as this module speaks of it. No part of a message can hold a token. */
export function troubleOf(error: unknown): OAuthUpstreamError {
  if (error instanceof OAuthUpstreamError) return error;
  if (error instanceof ResponseBodyError) {
    const name = error.error.slice(0, ERROR_CHARACTERS).replace(/[^\x20-\x7e]/g, '?');
    const mayPass = error.status >= 500 || error.status === 429 || passing.has(name);
    if (!mayPass) return new OAuthRefusedError(name, error.status);
    return new OAuthTroubleError(`it answered ${error.status} ${name}.`, retryAfterOf(error.response));
  }
  if (error instanceof WWWAuthenticateChallengeError) return new OAuthRefusedError('invalid_client', error.status);
  if (error instanceof EgressError) return new OAuthTroubleError(error.message, undefined, { cause: error });
  if (error instanceof OperationProcessingError && error.cause instanceof Response) {
    const { status } = error.cause;
    return new OAuthTroubleError(`it answered ${status} with something else than tokens.`, retryAfterOf(error.cause));
  }
  return new OAuthTroubleError('its answer is not as RFC 6749 wants it.', undefined, { cause: error });
}

/** Seconds of Retry-After, which may be a date too. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after');
  if (!text) return undefined;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
  return seconds > 0 ? Math.ceil(seconds) : undefined;
}
