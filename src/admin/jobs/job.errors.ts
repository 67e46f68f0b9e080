import { DomainError } from '../../common/errors.js';

export class JobNotFoundError extends DomainError {
  readonly code = 'job-not-found';
  readonly kind = 'not-found';

  constructor(id: string) {
    super(
      `There is no job ${id} that has failed for good: it is unknown, was redriven, or is older than they are kept.`,
    );
  }
}

export class JobWaitsError extends DomainError {
  readonly code = 'job-waits';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`A job with the same key as ${id} waits already and does its work; nothing was added.`);
  }
}
