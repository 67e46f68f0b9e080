import { DomainError, type Fault } from '../../common/errors.js';

/** Nothing is to be approved under this link; also when its run is gone. */
export class ApprovalNotFoundError extends DomainError {
  readonly code = 'approval-not-found';
  readonly kind = 'not-found';

  constructor() {
    super('This link leads to nothing: it is mistyped, or what it was for is no longer there.');
  }
}

/** Somebody answered, its time is over, or the run ended otherwise. */
export class ApprovalClosedError extends DomainError {
  readonly code = 'approval-closed';
  readonly kind = 'conflict';

  constructor() {
    super('This approval is closed: it was answered already, its time is over, or the run has ended.');
  }
}

export class ApprovalAnswerInvalidError extends DomainError {
  readonly code = 'answer-invalid';
  readonly kind = 'invalid';
  override readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super('The answer is not what was asked for.');
    this.faults = faults;
  }
}
