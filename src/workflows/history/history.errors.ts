import { DomainError, type Fault } from '../../common/errors.js';
import { type WorkflowRunStatus } from '../runs/run-status.js';

export class CheckpointNotFoundError extends DomainError {
  readonly code = 'checkpoint-not-found';
  readonly kind = 'not-found';

  constructor(checkpointId: string) {
    super(`The run has no checkpoint ${checkpointId}.`);
  }
}

/** Values of a fork that cannot take the place of recorded ones. */
export class ForkValuesInvalidError extends DomainError {
  readonly code = 'fork-values-invalid';
  readonly kind = 'invalid';

  constructor(override readonly faults: Fault[]) {
    super('Some of the values cannot take the place of recorded ones; "errors" names each.');
  }
}

/** Only what has failed or was cancelled can be tried again. */
export class RunNotRetryableError extends DomainError {
  readonly code = 'run-not-retryable';
  readonly kind = 'conflict';

  constructor(runId: string, status: WorkflowRunStatus) {
    super(`The run ${runId} is ${status}; only FAILED and CANCELLED runs can be retried. Fork it from a checkpoint.`);
  }
}
