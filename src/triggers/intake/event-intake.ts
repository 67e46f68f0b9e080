import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { hashJson } from '../../common/canonical-json.js';
import { faultPoint } from '../../common/fault-point.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { newUuid } from '../../common/public-id.js';
import { ConcurrencyLimitError, RunAdmission, RunQuota, RunStarter, type RunView } from '../../workflows/index.js';
import { Ledger, type LedgerEvent, type SealedEvent } from '../events/ledger.js';
import { type Verdict } from '../events/verdict.js';
import { type ActiveSubscription } from './active-subscription.js';
import { IntakeNotFoundError } from './intake.errors.js';
import { triggerEvents } from '../trigger-metrics.js';
import { type Occurrence, type PreparedEvent, prepareEvent } from './prepare-event.js';
import { SubscriptionPlans } from './subscription-plan.js';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const FOREIGN_KEY_VIOLATION = '23503';

/** What became of an event. Ids are uuids. */
export interface EventOutcome {
  readonly eventId: string;
  readonly verdict: Verdict;
  readonly reason: string | null;
  /** Of a duplicate: that of the event that was accepted. */
  readonly runId: string | null;
  readonly duplicateOf: string | null;
  /** The run as it was a moment ago, if this event has started it. */
  readonly view?: RunView | undefined;
}

/**
 * The one way from an event to a run: filter → inputs → ledger and run, in one transaction, before anything is
 * acknowledged.
 */
@Injectable()
export class EventIntake {
  constructor(
    private readonly plans: SubscriptionPlans,
    private readonly ledger: Ledger,
    private readonly starter: RunStarter,
    private readonly admission: RunAdmission,
    private readonly quota: RunQuota,
  ) {}

  /**
   * Takes one event; its run begins at once where a slot is free. Resolves when its fate is durable.
   * @param patience milliseconds to wait for the end of the run, if it is executed in place
   * @throws IntakeNotFoundError when the subscription was deleted meanwhile, RunQuotaError, DatabaseUnavailableError
   */
  async deliver(subscription: ActiveSubscription, occurrence: Occurrence, patience?: number): Promise<EventOutcome> {
    return counted(subscription, await this.take(subscription, occurrence, patience));
  }

  private async take(
    subscription: ActiveSubscription,
    occurrence: Occurrence,
    patience: number | undefined,
  ): Promise<EventOutcome> {
    const prepared = prepareEvent(this.plans, subscription, occurrence);
    if (!prepared.request) return this.seal(prepared.sealed);
    const { request, run, event } = prepared;
    try {
      const started = await orGone(
        patience === undefined ? this.starter.start(request, run) : this.starter.startAndRun(request, patience, run),
      );
      if (!started.isNew) return await this.duplicate(event);
      faultPoint('after-event');
      return {
        eventId: event.eventId,
        verdict: 'accepted',
        reason: null,
        runId: started.runId,
        duplicateOf: null,
        view: started.view,
      };
    } catch (error) {
      if (error instanceof ConcurrencyLimitError) {
        return this.seal({ ...event, verdict: 'skipped', reason: error.message });
      }
      throw error;
    }
  }

  /**
   * Takes events as part of a transaction of the caller's; their runs are queued. What the caller writes in it and the events
   * come to be together, or neither.
   * @returns what to do when the transaction is committed
   */
  async record(
    em: SqlEntityManager,
    events: readonly (readonly [ActiveSubscription, Occurrence])[],
  ): Promise<{ outcomes: Record<Verdict, number>; committed: () => void }> {
    const prepared = await this.prepare(events);
    const starting = prepared.filter((one) => one.request !== undefined);
    const sealed = prepared.flatMap((one) => (one.request ? [] : [one.sealed]));
    const { inserted, full, committed } = await this.admission.enqueueIn(
      em,
      starting.map(({ run }) => run),
    );
    const again: LedgerEvent[] = [];
    for (const { event, run } of starting) {
      const { runId } = run;
      if (full.has(runId)) sealed.push({ ...event, verdict: 'skipped', reason: atLimit });
      else if (!inserted.has(runId)) again.push(event);
    }
    await this.ledger.seal(em, sealed);
    await this.ledger.duplicate(em, again);
    const outcomes = { accepted: 0, duplicate: 0, filtered: 0, rejected: 0, skipped: 0, failed: 0 };
    const fates = prepared.map((one): Verdict => {
      if (!one.request) return one.sealed.verdict;
      if (inserted.has(one.run.runId)) return 'accepted';
      return full.has(one.run.runId) ? 'skipped' : 'duplicate';
    });
    for (const verdict of fates) outcomes[verdict] += 1;
    const told = (): void => {
      for (const [index, verdict] of fates.entries()) count(events[index]![0], verdict);
      committed();
    };
    return { outcomes, committed: told };
  }

  /** Records that something came that is no event; nothing of it is kept. */
  async reject(subscription: ActiveSubscription, reason: string): Promise<EventOutcome> {
    const { id, user_id: userId } = subscription;
    const event = { eventId: newUuid(), userId, subscriptionId: id, data: null, hash: null, createdAt: new Date() };
    return counted(subscription, await this.seal({ ...event, verdict: 'rejected', reason }));
  }

  /** Records that something came that proved where it comes from, and that the subscription does not want. */
  async ignore(subscription: ActiveSubscription, data: Json, reason: string): Promise<EventOutcome> {
    const { id, user_id: userId } = subscription;
    const event = { eventId: newUuid(), userId, subscriptionId: id, data, hash: hashJson(data), createdAt: new Date() };
    return counted(subscription, await this.seal({ ...event, verdict: 'filtered', reason }));
  }

  /** What would become of an event; nothing is written. */
  look(
    subscription: ActiveSubscription,
    occurrence: Occurrence,
  ): { trigger: JsonObject } & (
    { verdict: 'accepted'; inputs: Json } | { verdict: SealedEvent['verdict']; reason: string }
  ) {
    const prepared = prepareEvent(this.plans, subscription, occurrence);
    if (!prepared.request) {
      const { verdict, reason } = prepared.sealed;
      return { trigger: prepared.trigger, verdict, reason };
    }
    return {
      trigger: prepared.trigger,
      verdict: 'accepted',
      inputs: prepared.request.inputs,
    };
  }

  private async prepare(events: readonly (readonly [ActiveSubscription, Occurrence])[]): Promise<PreparedEvent[]> {
    const prepared: PreparedEvent[] = [];
    for (const [subscription, occurrence] of events) {
      const one = prepareEvent(this.plans, subscription, occurrence);
      const refusal = one.request && (await this.quota.tryTake(one.run.userId));
      if (!refusal) prepared.push(one);
      else
        prepared.push({ trigger: one.trigger, sealed: { ...one.event, verdict: 'skipped', reason: refusal.message } });
    }
    return prepared;
  }

  private async seal(event: SealedEvent): Promise<EventOutcome> {
    await orGone(this.ledger.sealOne(event));
    const { eventId, verdict, reason } = event;
    return { eventId, verdict, reason, runId: null, duplicateOf: null };
  }

  private async duplicate(event: LedgerEvent): Promise<EventOutcome> {
    const row = await orGone(this.ledger.duplicateOne(event));
    const { run_id: runId = null, duplicate_of: duplicateOf = null } = row ?? {};
    return { eventId: event.eventId, verdict: 'duplicate', reason: null, runId, duplicateOf };
  }
}

function count({ trigger_type }: ActiveSubscription, verdict: Verdict): void {
  triggerEvents.add({ trigger_type, verdict });
}

function counted(subscription: ActiveSubscription, outcome: EventOutcome): EventOutcome {
  count(subscription, outcome.verdict);
  return outcome;
}

const atLimit = 'As many runs as may be are under way already.';

/** @throws IntakeNotFoundError when the subscription went between its look-up and the commit of the event */
async function orGone<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === FOREIGN_KEY_VIOLATION;
    throw isGone ? new IntakeNotFoundError() : error;
  }
}
