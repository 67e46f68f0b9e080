import { type EncryptionUnavailableError } from '../../common/encryption/encryption.errors.js';
import { DomainError } from '../../common/errors.js';

export class NoRotationError extends DomainError {
  readonly code = 'encryption-rotation-not-found';
  readonly kind = 'not-found';

  constructor() {
    super('The encryption keys of this installation have not been rotated yet.');
  }
}

/** The master key does not wrap a new data key. An administrator may read why. */
export class RotationUnavailableError extends DomainError {
  readonly code = 'encryption-unavailable';
  readonly kind = 'unavailable';
  override readonly retryAfter = 30;

  constructor(cause: EncryptionUnavailableError) {
    super(cause.message);
    this.cause = cause;
  }
}
