import { DomainError } from '../../errors.js';
import { limits } from '../limits.js';

export class IdempotencyKeyInvalidError extends DomainError {
  readonly code = 'idempotency-key-invalid';
  readonly kind = 'malformed';

  constructor(length: number) {
    super(
      `The Idempotency-Key (${length} characters) must have 1 to ${limits.idempotencyKeyLength} printable ASCII characters.`,
    );
  }
}

/** The key belongs to another request of the same user. */
export class IdempotencyKeyReusedError extends DomainError {
  readonly code = 'idempotency-key-reused';
  readonly kind = 'invalid';

  constructor(key: string) {
    super(`The Idempotency-Key "${key}" was used for another request in the last 24 hours; use a new one.`);
  }
}
