import { DomainError } from '../../common/errors.js';
import { type ScopeName } from '../auth/scopes.js';

/** Unknown, or somebody else's: the two look the same. */
export class ApiKeyNotFoundError extends DomainError {
  readonly code = 'api-key-not-found';
  readonly kind = 'not-found';

  constructor(publicId: string) {
    super(`There is no API key ${publicId}.`);
  }
}

export class ApiKeyLimitReachedError extends DomainError {
  readonly code = 'api-key-limit-reached';
  readonly kind = 'conflict';

  constructor(limit: number) {
    super(`You have ${limit} live API keys, the most a user can have. Revoke one that is no longer needed first.`);
  }
}

export class ApiKeyExpiryInPastError extends DomainError {
  readonly code = 'api-key-expiry-in-past';
  readonly kind = 'invalid';
  override readonly faults;

  constructor(given: string) {
    super(`The API key would be expired from the start: expires_at is ${given}, which is not in the future.`);
    this.faults = [{ pointer: '/expires_at', code: this.code, message: 'Must lie in the future.' }];
  }
}

/** Nobody can hand on more than they have. */
export class ScopeNotHeldError extends DomainError {
  readonly code = 'scope-not-held';
  readonly kind = 'forbidden';

  constructor(missing: ScopeName[]) {
    super(`You can't give an API key scopes that you do not have yourself: ${missing.join(', ')}.`);
  }
}
