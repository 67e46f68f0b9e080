import { DomainError, type Fault } from '../../common/errors.js';
import { makePublicId } from '../../common/public-id.js';

/** No link of ours, or of a subscription that takes nothing at the moment: all look the same. */
export class IntakeNotFoundError extends DomainError {
  readonly code = 'intake-not-found';
  readonly kind = 'not-found';

  constructor() {
    super('Nothing listens here: the link is wrong, or what it was for is switched off.');
  }
}

/** The event came and is in the ledger, but no run can be made of it. */
export class EventFailedError extends DomainError {
  readonly code = 'event-failed';
  readonly kind = 'invalid';
  override readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    { eventId, reason }: { readonly eventId: string; readonly reason: string | null },
    override readonly faults: readonly Fault[] = [],
  ) {
    super(reason ?? 'No run can be made of the event.');
    this.extensions = { event_id: makePublicId('event', eventId) };
  }
}

/** The run whose output would have been the answer has none. Why, only its owner may know. */
export class RunWithoutOutputError extends DomainError {
  readonly code = 'run-without-output';
  readonly kind = 'bad-gateway';
  override readonly extensions: Readonly<Record<string, unknown>>;

  /** @param runId uuid */
  constructor(runId: string) {
    super('The workflow did not complete, so there is no output to answer with.');
    this.extensions = { run_id: makePublicId('run', runId) };
  }
}

/** A delivery that can't be an event, whatever it proves. */
export class DeliveryUnreadableError extends DomainError {
  readonly code = 'delivery-unreadable';
  readonly kind = 'invalid';
}
