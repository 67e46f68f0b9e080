import { DomainError, type Fault } from '../common/errors.js';

export class ToolNotFoundError extends DomainError {
  readonly code = 'tool-not-found';
  readonly kind = 'invalid';
  override readonly faults;

  constructor(tool: string, provider: string) {
    super(
      `There is no tool "${tool}" that works with accounts of ${provider}. GET /v1/registries/tools lists the tools.`,
    );
    this.faults = [{ pointer: '/tools', code: this.code, message: `"${tool}" is no tool of ${provider}.` }];
  }
}

/** Unknown, or somebody else's: the two look the same. */
export class ResourceNotFoundError extends DomainError {
  readonly code = 'resource-not-found';
  readonly kind = 'not-found';

  constructor(publicId: string) {
    super(`There is no resource ${publicId}.`);
  }
}

/** What should become a resource does not satisfy its type. */
export class ResourceInvalidError extends DomainError {
  readonly code = 'resource-invalid';
  readonly kind = 'invalid';

  constructor(
    message: string,
    override readonly faults: readonly Fault[],
  ) {
    super(message);
  }
}

export class SecretNotFoundError extends DomainError {
  readonly code = 'secret-not-found';
  readonly kind = 'not-found';

  constructor(publicId: string, key: string) {
    super(`${publicId} has no secret "${key}".`);
  }
}

/** The secrets of a resource would go elsewhere. */
export class SecretsBoundError extends DomainError {
  readonly code = 'secrets-bound';
  readonly kind = 'conflict';

  constructor(before: readonly string[], after: readonly string[]) {
    super(
      `The secrets of this resource were given for ${before.join(', ')}; they do not follow it to ${after.join(', ')}. ` +
        'Delete them first, then change the resource and store them again.',
    );
  }
}

/** Nothing of this kind can be browsed. */
export class NotBrowsableError extends DomainError {
  readonly code = 'not-browsable';
  readonly kind = 'not-found';

  constructor(wanted: string, known: readonly string[]) {
    super(`${wanted} can't be browsed. There are: ${known.join(', ')}.`);
  }
}

/** A list is asked for in a way that can't be meant. */
export class BrowsingInvalidError extends DomainError {
  readonly code = 'browsing-invalid';
  readonly kind = 'invalid';
  override readonly faults;

  /** @param pointer which parameter of the query */
  constructor(pointer: '/parent' | '/query' | '/cursor', message: string) {
    super(message);
    this.faults = [{ pointer, code: this.code, message }];
  }
}

/** Who was asked for a list did not give it. */
export class BrowsingFailedError extends DomainError {
  readonly code;
  readonly kind;

  /** @param retryable whether another attempt may succeed */
  constructor(
    message: string,
    retryable: boolean,
    override readonly retryAfter?: number,
  ) {
    super(message);
    this.code = retryable ? 'browsing-unavailable' : 'browsing-refused';
    this.kind = retryable ? ('unavailable' as const) : ('conflict' as const);
  }
}

/** What a node is to work with is not there, not its owner's, or does not fit. Codes: see `credentialProblems`. */
export class CredentialError extends DomainError {
  readonly kind = 'conflict';

  constructor(
    readonly code: CredentialErrorCode,
    message: string,
    /** Which field of the node is to be changed. */
    readonly field: 'connection' | 'resource',
  ) {
    super(message);
  }
}

export type CredentialErrorCode =
  | 'connection-not-found'
  | 'connection-missing'
  | 'connection-ambiguous'
  | 'connection-unfit'
  | 'connection-scopes-missing'
  | 'resource-not-found'
  | 'resource-missing'
  | 'resource-ambiguous'
  | 'resource-unfit';
