import { OperationProcessingError, ResponseBodyError, WWWAuthenticateChallengeError } from 'oauth4webapi';
import { EgressError } from '../../common/egress/egress.errors.js';
import { secondsOfRetryAfter } from '../../common/http/retry-after.js';
import { OAuthRefusedError, OAuthTroubleError, OAuthUpstreamError } from './upstream.errors.js';

/** Errors of RFC 6749 that say nothing against the client or its tokens. */
const passing = new Set(['temporarily_unavailable', 'server_error', 'slow_down', 'internal_failure', 'rate_limited']);
/** As codes are spelt, in lower or upper case: not words for people, and no token, whichever of both is sent back. */
const errorCode = /^(?=.{1,64}$)(?:[a-z]+(?:[_.-][a-z]+)*|[A-Z]+(?:_[A-Z]+)*)$/;

/** What went wrong in a request to a provider, as this module speaks of it. No part of a message can hold a token. */
export function troubleOf(error: unknown): OAuthUpstreamError {
  if (error instanceof OAuthUpstreamError) return error;
  if (error instanceof ResponseBodyError) {
    const name = errorCodeOf(error.error);
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

/** The error code that a provider gave, if it can be shown, stored and logged. */
export function errorCodeOf(given: string): string {
  return errorCode.test(given) ? given : 'an error without a name';
}

/** Seconds of Retry-After. None is as good as no word: then it is up to us. */
export function retryAfterOf({ headers }: Response): number | undefined {
  return secondsOfRetryAfter(headers.get('retry-after')) || undefined;
}
