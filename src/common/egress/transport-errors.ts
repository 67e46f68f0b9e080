import { isNativeError } from 'node:util/types';
import { errors } from 'undici';
import {
  EgressConnectionFailedError,
  EgressError,
  EgressInvalidRequestError,
  EgressProtocolError,
  EgressResponseTooLargeError,
} from './egress.errors.js';
import { errorCode } from './error-code.js';

/** Limit of a response's header block. */
export const MAX_HEADER_BYTES = 32 * 1024;

const INVALID_REQUEST_CODES: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

// TLS problems do not pass by themselves: certificates (X509_V_ERR_… as Node names them), host names, versions.
const TLS_CODE = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO)/;

/** Gives a failure of undici or of the socket its name. An EgressError stays as it is. */
export function toEgressError(error: unknown, host: string): EgressError {
  if (error instanceof EgressError) return error;
  const code = errorCode(error);
  const problem = isNativeError(error) && error.message !== '' ? error.message : code;
  const options = { cause: error };

  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new EgressResponseTooLargeError('headers', `${MAX_HEADER_BYTES} bytes`);
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || error instanceof errors.HTTPParserError) {
    return new EgressProtocolError(`The response of ${host} is not valid HTTP: ${problem}.`, options);
  }
  if (INVALID_REQUEST_CODES.has(code)) {
    return new EgressInvalidRequestError(`The request to ${host} cannot be sent: ${problem}.`, options);
  }
  return new EgressConnectionFailedError(host, problem, !TLS_CODE.test(code), options);
}
