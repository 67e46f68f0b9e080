import { DomainError, type Fault } from '../../common/errors.js';
import { type ProposalStatus } from './proposal-status.js';

export class ProposalNotFoundError extends DomainError {
  readonly code = 'proposal-not-found';
  readonly kind = 'not-found';

  constructor(proposalId: string) {
    super(`There is no proposal ${proposalId} of yours.`);
  }
}

/** Somebody has decided already. */
export class ProposalDecidedError extends DomainError {
  readonly code = 'proposal-decided';
  readonly kind = 'conflict';

  constructor(proposalId: string, status: ProposalStatus) {
    super(`The proposal ${proposalId} is ${status}; only one that is pending can be accepted or rejected.`);
  }
}

/** The draft has changed in the same places. */
export class ProposalConflictError extends DomainError {
  readonly code = 'proposal-conflict';
  readonly kind = 'conflict';
  override readonly faults: Fault[];

  constructor(proposalId: string, conflicts: readonly string[]) {
    super(`The proposal ${proposalId} changes what the draft has changed since, in another way; propose it anew.`);
    this.faults = conflicts.map((pointer) => ({
      pointer,
      code: 'proposal-conflict',
      message: 'the draft and the proposal have changed this, each in another way',
    }));
  }
}

/** It proposes what is there. */
export class ProposalEmptyError extends DomainError {
  readonly code = 'proposal-empty';
  readonly kind = 'invalid';

  constructor(revision: number) {
    super(`The proposal changes nothing: it is the draft of revision ${revision}.`);
  }
}

export class ProposalLimitReachedError extends DomainError {
  readonly code = 'proposal-limit-reached';
  readonly kind = 'conflict';

  constructor(workflowId: string, limit: number) {
    super(`${limit} proposals of ${workflowId} are pending, as many as may be. Accept or reject some first.`);
  }
}
