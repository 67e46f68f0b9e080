/** One of several faults in a request: where it is (RFC 6901 pointer into the body), its stable code, and what to do. */
export interface Fault {
  pointer: string;
  code: string;
  message: string;
  /** The node of the workflow that the fault is in, where there is one. */
  node_id?: string;
}

/** What went wrong, seen from the caller; the HTTP layer makes a status of it (src/common/http/problems/problem-of.ts). */
export type ErrorKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'unsupported-media-type'
  | 'invalid'
  | 'too-many'
  /** What the answer should have been made of has failed. */
  | 'bad-gateway'
  | 'unavailable';

/**
 * An error that a caller can understand and act upon. Services throw these, each module names its own in
 * `<thing>.errors.ts`; nothing but the HTTP layer knows status codes. The message is shown to the caller: it names the
 * thing, the id and the limit, never SQL, a stack or a secret.
 */
export abstract class DomainError extends Error {
  /** Stable and documented: `/problems/<code>`. */
  abstract readonly code: string;
  abstract readonly kind: ErrorKind;
  readonly faults: readonly Fault[] = [];
  /** Further members of the problem document, such as `current_revision`. */
  readonly extensions: Readonly<Record<string, unknown>> = {};
  /** Seconds after which a retry makes sense, for `too-many` and `unavailable`. */
  readonly retryAfter?: number;
  /** What `WWW-Authenticate` says (RFC 9110 section 11.6.1), where credentials would have helped. */
  readonly challenge?: string;
}
