import { HttpException, HttpStatus } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../database/database.errors.js';
import { DomainError, type ErrorKind, type Fault } from '../../errors.js';
import { UrlMalformedError } from '../body/body.errors.js';

/** What an answer says about an error, before it gets its title and request id. */
export interface ProblemAnswer {
  status: number;
  code: string;
  detail: string;
  faults?: readonly Fault[];
  extensions?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
}

const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  malformed: HttpStatus.BAD_REQUEST,
  unauthenticated: HttpStatus.UNAUTHORIZED,
  forbidden: HttpStatus.FORBIDDEN,
  'not-found': HttpStatus.NOT_FOUND,
  conflict: HttpStatus.CONFLICT,
  'too-large': HttpStatus.PAYLOAD_TOO_LARGE,
  'unsupported-media-type': HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  invalid: HttpStatus.UNPROCESSABLE_ENTITY,
  'too-many': HttpStatus.TOO_MANY_REQUESTS,
  'bad-gateway': HttpStatus.BAD_GATEWAY,
  unavailable: HttpStatus.SERVICE_UNAVAILABLE,
};

/**
 * What a caller is told about an error. A DomainError speaks for itself; of errors that the framework throws at the
 * caller's mistakes (4xx) the sentence is kept; of everything else not a word, as it may hold SQL or a secret.
 */
export function problemOf(error: unknown): ProblemAnswer {
  if (error instanceof DomainError) return problemOfDomainError(error);
  if (error instanceof URIError) {
    const message = 'The path holds a % that is not followed by the percent-encoding of UTF-8 (RFC 3986).';
    return problemOfDomainError(new UrlMalformedError('percent-encoding-invalid', message));
  }
  const unavailable = error instanceof HttpException ? undefined : asDatabaseUnavailable(error);
  if (unavailable) return problemOfDomainError(unavailable);
  const status = clientErrorStatus(error);
  return status === undefined
    ? internalError
    : { status, code: codeOfStatus(status), detail: (error as Error).message };
}

function problemOfDomainError(error: DomainError): ProblemAnswer {
  return {
    status: statusOfKind[error.kind],
    code: error.code,
    detail: error.message,
    faults: error.faults,
    extensions: error.extensions,
    headers: {
      ...(error.retryAfter !== undefined && { 'Retry-After': String(Math.ceil(error.retryAfter)) }),
      ...(error.challenge !== undefined && { 'WWW-Authenticate': error.challenge }),
    },
  };
}

const internalError: ProblemAnswer = {
  status: HttpStatus.INTERNAL_SERVER_ERROR,
  code: 'internal-error',
  detail: 'Something went wrong inside Seer. The log has the details under the request_id.',
};

/** Status of Nest's exceptions and of the http-errors of Express' own parts, when it blames the caller. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = error instanceof HttpException ? error.getStatus() : 'status' in error ? Number(error.status) : 500;
  return status >= 400 && status < 500 ? status : undefined;
}

function codeOfStatus(status: number): string {
  const kind = Object.entries(statusOfKind).find(([, candidate]) => candidate === status)?.[0];
  return kind === undefined || kind === 'malformed' ? 'request-invalid' : kind;
}
