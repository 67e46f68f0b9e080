import { DomainError } from '../../common/errors.js';

/** Unknown, or somebody else's: the two look the same. */
export class EventNotFoundError extends DomainError {
  readonly code = 'event-not-found';
  readonly kind = 'not-found';

  constructor(publicId: string) {
    super(`There is no event ${publicId}.`);
  }
}

/** Nothing of the event was kept that could happen again. */
export class EventNotReplayableError extends DomainError {
  readonly code = 'event-not-replayable';
  readonly kind = 'conflict';

  constructor(publicId: string, why: string) {
    super(`${publicId} cannot be replayed: ${why}`);
  }
}
