import { DomainError, type Fault } from '../../common/errors.js';

/** Unknown, or somebody else's: the two look the same. */
export class SubscriptionNotFoundError extends DomainError {
  readonly code = 'subscription-not-found';
  readonly kind = 'not-found';

  constructor(publicId: string) {
    super(`There is no subscription ${publicId}.`);
  }
}

/** What should become a subscription does not satisfy its trigger, or its workflow. */
export class SubscriptionInvalidError extends DomainError {
  readonly code = 'subscription-invalid';
  readonly kind = 'invalid';

  constructor(
    triggerType: string,
    override readonly faults: readonly Fault[],
  ) {
    const [first] = faults;
    super(`The subscription to ${triggerType} is not right: at ${first?.pointer ?? '/'}, ${first?.message ?? ''}`);
  }
}

/** It cannot be done with a subscription of this kind. */
export class SubscriptionUnfitError extends DomainError {
  readonly code = 'subscription-unfit';
  readonly kind = 'conflict';
}

/** Nothing of its workflow is published, or it is switched off: it starts no runs. */
export class SubscriptionInactiveError extends DomainError {
  readonly code = 'subscription-inactive';
  readonly kind = 'conflict';

  constructor(publicId: string) {
    super(`${publicId} starts no runs at the moment: it is switched off, or nothing of its workflow is published.`);
  }
}
