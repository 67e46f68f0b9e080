import { DomainError, type Fault } from '../../common/errors.js';

export class RunNotFoundError extends DomainError {
  readonly code = 'run-not-found';
  readonly kind = 'not-found';

  constructor(runId: string) {
    super(`There is no run ${runId} of yours.`);
  }
}

/** The inputs do not satisfy the workflow's schema. */
export class RunInputsInvalidError extends DomainError {
  readonly code = 'input-invalid';
  readonly kind = 'invalid';
  override readonly faults: Fault[];

  constructor(faults: readonly Fault[]) {
    super("The inputs do not satisfy the workflow's schema.");
    this.faults = faults.map((fault) => ({ ...fault, pointer: `/inputs${fault.pointer}` }));
  }
}

/** `version` is neither "published", "draft" nor a number. */
export class RunVersionInvalidError extends DomainError {
  readonly code = 'request-invalid';
  readonly kind = 'malformed';
  override readonly faults: Fault[] = [
    { pointer: '/version', code: 'not-allowed', message: 'must be "published", "draft" or the number of a version' },
  ];

  constructor() {
    super('The request is not valid: "version" must be "published", "draft" or the number of a version.');
  }
}
