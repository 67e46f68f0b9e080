import { DomainError } from '../common/errors.js';

export class UserNotFoundError extends DomainError {
  readonly code = 'user-not-found';
  readonly kind = 'not-found';

  constructor(publicId: string) {
    super(`There is no user ${publicId}.`);
  }
}

/** Somebody would lock themselves out, perhaps by mistake. */
export class OwnAccountError extends DomainError {
  readonly code = 'own-account';
  readonly kind = 'conflict';

  constructor(publicId: string, what: string) {
    super(`${publicId} is you: nobody can ${what} themselves. Another administrator can.`);
  }
}

export class LastAdministratorError extends DomainError {
  readonly code = 'last-administrator';
  readonly kind = 'conflict';

  constructor(publicId: string, what: string) {
    super(
      `${publicId} is the last active administrator: to ${what} them would leave nobody who can use the admin API.`,
    );
  }
}

/** What was begun cannot be taken back: some of it is gone already. */
export class UserBeingDeletedError extends DomainError {
  readonly code = 'user-being-deleted';
  readonly kind = 'conflict';

  constructor(publicId: string) {
    super(`${publicId} is being deleted, and can't be changed any more.`);
  }
}
