import { DomainError, type Fault } from '../../common/errors.js';

export class RunNotFoundError extends DomainError {
  readonly code = 'run-not-found';
  readonly kind = 'not-found';

  constructor(runId: string) {
    super(`There is no run ${runId} of yours.`);
  }
}

/** Each workflow has a version of that number. */
export class RunVersionUnclearError extends DomainError {
  readonly code = 'run-version-unclear';
  readonly kind = 'malformed';
  override readonly faults: Fault[] = [
    { pointer: '/version', code: this.code, message: 'needs workflow_id: each workflow has versions of its own' },
  ];

  constructor() {
    super('`version` is a version of one workflow: name that in `workflow_id`.');
  }
}

/** Nothing that could be answered, or not at this place; or somebody was faster. */
export class RunNotWaitingError extends DomainError {
  readonly code = 'run-not-waiting';
  readonly kind = 'conflict';

  constructor(runId: string, place?: string) {
    const where = place === undefined ? '' : ` at ${place}`;
    super(`${runId} does not wait for an answer${where}: it was answered already, its time is over, or it never did.`);
  }
}

/** The run waits at several places. */
export class RunPlaceAmbiguousError extends DomainError {
  readonly code = 'run-place-ambiguous';
  readonly kind = 'invalid';
  override readonly faults: Fault[];

  constructor(runId: string, paths: readonly string[]) {
    super(`${runId} waits at ${paths.length} places: name one of them in node_id.`);
    const message = `must be one of ${paths.slice(0, 20).join(', ')}${paths.length > 20 ? ', …' : ''}`;
    this.faults = [{ pointer: '/node_id', code: 'not-allowed', message }];
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

/** `settings.concurrency.key` gives nothing with these inputs. */
export class ConcurrencyKeyInvalidError extends DomainError {
  readonly code = 'concurrency-key-invalid';
  readonly kind = 'invalid';
  override readonly faults: Fault[];

  constructor({ code, message }: { code: string; message: string }) {
    super(`The concurrency key of the workflow has no value with these inputs: ${message}.`);
    this.faults = [{ pointer: '/inputs', code, message }];
  }
}

/** As many runs of the key as may be are under way, and the workflow wants further ones refused. */
export class ConcurrencyLimitError extends DomainError {
  readonly code = 'concurrency-limit';
  readonly kind = 'conflict';

  constructor(limit: number) {
    super(
      `The limit of ${limit} for runs with this concurrency key is reached, and the workflow's ` +
        'settings.concurrency.on_limit is "drop": no run was started.',
    );
  }
}

/** The user has started as many runs within 24 hours as the operator allows. */
export class RunQuotaError extends DomainError {
  readonly code = 'run-quota';
  readonly kind = 'too-many';

  /** @param retryAfter seconds until one more may be started */
  constructor(
    limit: number,
    override readonly retryAfter: number,
  ) {
    super(
      `The quota of ${limit} runs within 24 hours is used up: no run was started. The next one is possible in ` +
        `${retryAfter} s.`,
    );
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
