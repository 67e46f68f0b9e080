import type { EgressTarget, Refusal } from './address-policy.js';

/**
 * The base of every failure of an outbound request. Messages name the host, never the path, query, headers or body:
 * those may hold secrets.
 */
export abstract class EgressError extends Error {
  abstract readonly code: string;
  /** Whether the same request may succeed later. Whether it is safe to repeat is for the caller to know. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The target is neither public nor on the operator's allow-list. */
export class EgressDeniedError extends EgressError {
  readonly code = 'egress-denied';
  readonly retryable = false;

  constructor(target: EgressTarget, refusal: Refusal) {
    const advice = refusal.allowEntry
      ? `An operator can allow it with SEER_EGRESS_ALLOW=${refusal.allowEntry}.`
      : 'This cannot be allowed.';
    super(`Connecting to ${target.host} is refused: its address ${target.address} ${refusal.reason}. ${advice}`);
  }
}

const TIMEOUTS = {
  request: (ms: number) => `The request did not finish within ${ms} ms.`,
  connect: (ms: number) => `The connection was not there within ${ms} ms.`,
  silence: (ms: number) => `The other side sent nothing for ${ms} ms.`,
};

/** The whole request, redirects and body included, took too long, or the other side fell silent. */
export class EgressTimeoutError extends EgressError {
  readonly code = 'egress-timeout';
  readonly retryable = true;

  constructor(what: keyof typeof TIMEOUTS, timeoutMs: number) {
    super(TIMEOUTS[what](timeoutMs));
  }
}

const PARTS = {
  body: 'The body of the response exceeds',
  headers: 'The headers of the response exceed',
  connection: 'What came over the connection exceeds',
};

/** The response's headers, its decompressed body or all that a connection received exceed their limit. */
export class EgressResponseTooLargeError extends EgressError {
  readonly code = 'egress-response-too-large';
  readonly retryable = false;

  constructor(part: keyof typeof PARTS, limit: string) {
    super(`${PARTS[part]} the limit of ${limit}.`);
  }
}

/** More redirects than the request allows. */
export class EgressTooManyRedirectsError extends EgressError {
  readonly code = 'egress-too-many-redirects';
  readonly retryable = false;

  constructor(host: string, limit: number) {
    super(`${host} redirects again after ${limit} redirects, the limit.`);
  }
}

/** A redirect would take the body of a confidential request to another origin. */
export class EgressRedirectRefusedError extends EgressError {
  readonly code = 'egress-redirect-refused';
  readonly retryable = false;

  constructor(from: URL, to: URL) {
    super(`${from.origin} redirects to ${to.origin}, which must not get what was sent confidentially.`);
  }
}

/** The host name could not be resolved. */
export class EgressDnsFailureError extends EgressError {
  readonly code = 'egress-dns-failure';

  /** @param retryable false when the name does not exist, true when the resolver had trouble */
  constructor(
    host: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(`The host name "${host}" ${retryable ? 'could not be resolved now' : 'does not exist'}.`, options);
  }
}

/** The connection could not be made, or broke before the response was complete. */
export class EgressConnectionFailedError extends EgressError {
  readonly code = 'egress-connection-failed';

  /** @param retryable false when TLS is to blame, such as a wrong certificate */
  constructor(
    host: string,
    problem: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(`The connection to ${host} failed: ${problem}.`, options);
  }
}

/** The URL, or the one a redirect points to, cannot be requested. */
export class EgressInvalidUrlError extends EgressError {
  readonly code = 'egress-invalid-url';
  readonly retryable = false;
}

/** The method or a header cannot be sent. */
export class EgressInvalidRequestError extends EgressError {
  readonly code = 'egress-invalid-request';
  readonly retryable = false;
}

/** The other side does not speak HTTP as it should: malformed headers, wrong length, broken compression. */
export class EgressProtocolError extends EgressError {
  readonly code = 'egress-protocol-error';
  readonly retryable = false;
}
