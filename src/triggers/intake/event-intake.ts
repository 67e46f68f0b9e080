import { EntityManager, type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { hashJson } from '../../common/canonical-json.js';
import { faultPoint } from '../../common/fault-point.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { newUuid } from '../../common/public-id.js';
import {
  ConcurrencyKeyInvalidError,
  ConcurrencyLimitError,
  ExpressionError,
  type NewRun,
  newRun,
  RunAdmission,
  type RunConcurrency,
  RunInputsInvalidError,
  type RunRequest,
  RunStarter,
  type RunView,
} from '../../workflows/index.js';
import { eventRow, Ledger, type LedgerEvent, type SealedEvent, triggerOf } from '../events/ledger.js';
import { type Verdict } from '../events/verdict.js';
import { type IncomingEvent } from '../types/define-trigger.js';
import { type ActiveSubscription } from './active-subscription.js';
import { SubscriptionPlans, WrongResultError } from './subscription-plan.js';

/** Something that happened, for one subscription. */
export interface Occurrence extends IncomingEvent {
  /** Of a schedule: the time that it is for. */
  readonly slot?: Date;
  /** uuid of the event that this one repeats on purpose. */
  readonly replayOf?: string;
  /** It starts a run even if the same event has just started one. */
  readonly isRepeat?: boolean;
  /** How many runs, each started by the end of the one before, led to it. */
  readonly hops?: number;
  /** Of the run, if its workflow sets none. */
  readonly concurrency?: RunConcurrency | undefined;
  /** Why it starts no run, whatever the subscription says. */
  readonly skipped?: string;
  /** Why no run can be made of it. */
  readonly failed?: string;
}

/** What became of an event. Ids are uuids. */
export interface EventOutcome {
  readonly eventId: string;
  readonly verdict: Verdict;
  readonly reason: string | null;
  /** Of a duplicate: that of the event that was accepted. */
  readonly runId: string | null;
  readonly duplicateOf: string | null;
  /** The run as it was a moment ago, if this event has started it. */
  readonly run?: RunView | undefined;
}

/** What an event leads to: a run, or a line in the ledger. */
type Prepared =
  | { readonly event: LedgerEvent; readonly request: RunRequest; readonly run: NewRun }
  | { readonly sealed: SealedEvent; readonly request?: undefined };

/**
 * The one way from an event to a run: filter → inputs → ledger and run, in one transaction, before anything is
 * acknowledged.
 */
@Injectable()
export class EventIntake {
  constructor(
    private readonly em: EntityManager,
    private readonly plans: SubscriptionPlans,
    private readonly ledger: Ledger,
    private readonly starter: RunStarter,
    private readonly admission: RunAdmission,
  ) {}

  /**
   * Takes one event; its run begins at once where a slot is free. Resolves when its fate is durable.
   * @param patience milliseconds to wait for the end of the run, if it is executed in place
   * @throws DatabaseUnavailableError
   */
  async deliver(subscription: ActiveSubscription, occurrence: Occurrence, patience?: number): Promise<EventOutcome> {
    const prepared = this.prepare(subscription, occurrence);
    if (!prepared.request) return this.seal(prepared.sealed);
    const { request, run, event } = prepared;
    try {
      const started =
        patience === undefined
          ? await this.starter.start(request, run)
          : await this.starter.startAndRun(request, patience, run);
      if (!started.isNew) return await this.duplicate(event);
      faultPoint('after-event');
      return {
        eventId: event.eventId,
        verdict: 'accepted',
        reason: null,
        runId: started.runId,
        duplicateOf: null,
        run: started.view,
      };
    } catch (error) {
      if (!(error instanceof ConcurrencyLimitError)) throw error;
      return this.seal({ ...event, verdict: 'skipped', reason: error.message });
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
    const prepared = events.map(([subscription, occurrence]) => this.prepare(subscription, occurrence));
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
    const outcomes = {
      accepted: inserted.size,
      duplicate: again.length,
      filtered: 0,
      rejected: 0,
      skipped: 0,
      failed: 0,
    };
    for (const { verdict } of sealed) outcomes[verdict] += 1;
    return { outcomes, committed };
  }

  /** Records that something came that is no event; nothing of it is kept. */
  async reject(
    { id, user_id: userId }: Pick<ActiveSubscription, 'id' | 'user_id'>,
    reason: string,
  ): Promise<EventOutcome> {
    const event = { eventId: newUuid(), userId, subscriptionId: id, data: null, hash: null, createdAt: new Date() };
    return this.seal({ ...event, verdict: 'rejected', reason });
  }

  /** Records that something came that proved where it comes from, and that the subscription does not want. */
  async ignore({ id, user_id: userId }: ActiveSubscription, data: Json, reason: string): Promise<EventOutcome> {
    const event = { eventId: newUuid(), userId, subscriptionId: id, data, hash: hashJson(data), createdAt: new Date() };
    return this.seal({ ...event, verdict: 'filtered', reason });
  }

  /** What would become of an event; nothing is written. */
  look(
    subscription: ActiveSubscription,
    occurrence: Occurrence,
  ): { trigger: JsonObject } & (
    { verdict: 'accepted'; inputs: Json } | { verdict: SealedEvent['verdict']; reason: string }
  ) {
    const prepared = this.prepare(subscription, occurrence);
    if (!prepared.request) {
      const { verdict, reason } = prepared.sealed;
      return { trigger: this.triggerFor(subscription, occurrence, prepared.sealed), verdict, reason };
    }
    return {
      trigger: prepared.request.cause!.trigger as JsonObject,
      verdict: 'accepted',
      inputs: prepared.request.inputs,
    };
  }

  private prepare(subscription: ActiveSubscription, occurrence: Occurrence): Prepared {
    const event = ledgerEvent(subscription, occurrence);
    const trigger = this.triggerFor(subscription, occurrence, event);
    const { skipped, failed } = occurrence;
    if (skipped !== undefined) return { sealed: { ...event, verdict: 'skipped', reason: skipped } };
    if (failed !== undefined) return { sealed: { ...event, verdict: 'failed', reason: failed } };
    try {
      const plan = this.plans.of(subscription);
      if (!plan.wants(trigger)) {
        const reason = `The filter is false for it: ${subscription.config.filter as string}`;
        return { sealed: { ...event, verdict: 'filtered', reason } };
      }
      const inputs = plan.inputsOf(trigger, subscription.target.compiled.spec.inputs !== undefined);
      const request = requestFor(subscription, occurrence, {
        event,
        trigger,
        inputs,
        isForm: plan.type.mode === 'form',
      });
      return { event, request, run: newRun(request) };
    } catch (error) {
      return { sealed: { ...event, verdict: 'failed', reason: reasonOf(error) } };
    }
  }

  private triggerFor(
    { trigger_type: type, subscription_id: subscriptionId }: ActiveSubscription,
    { data }: Occurrence,
    { eventId, occurredAt, createdAt }: LedgerEvent,
  ): JsonObject {
    return triggerOf({ type, subscriptionId, eventId, occurredAt: occurredAt ?? createdAt, data });
  }

  private async seal(event: SealedEvent): Promise<EventOutcome> {
    await this.ledger.seal(this.em.fork(), [event]);
    const { eventId, verdict, reason } = event;
    return { eventId, verdict, reason, runId: null, duplicateOf: null };
  }

  private async duplicate(event: LedgerEvent): Promise<EventOutcome> {
    const [row] = await this.ledger.duplicate(this.em.fork(), [event]);
    const { run_id: runId = null, duplicate_of: duplicateOf = null } = row ?? {};
    return { eventId: event.eventId, verdict: 'duplicate', reason: null, runId, duplicateOf };
  }
}

const atLimit = 'As many runs as may be are under way already.';

function ledgerEvent({ id, user_id: userId }: ActiveSubscription, occurrence: Occurrence): LedgerEvent {
  const { data, key = data, occurredAt, slot, replayOf } = occurrence;
  const hash = hashJson(key);
  return {
    eventId: newUuid(),
    userId,
    subscriptionId: id,
    data,
    hash,
    createdAt: new Date(),
    occurredAt,
    slot,
    replayOf,
  };
}

function requestFor(
  { user_id: userId, target }: ActiveSubscription,
  { isRepeat = false, hops = 0, concurrency, slot }: Occurrence,
  { event, trigger, inputs, isForm }: { event: LedgerEvent; trigger: JsonObject; inputs: Json; isForm: boolean },
): RunRequest {
  const runId = newUuid();
  const row = eventRow(event, { runId, isRepeat: isRepeat || slot !== undefined });
  return {
    userId,
    target,
    inputs,
    config: null,
    source: isForm ? 'FORM' : 'TRIGGER',
    cause: { runId, event: { eventId: event.eventId, row }, trigger, hops, concurrency },
  };
}

/** @throws what says nothing about the event */
function reasonOf(error: unknown): string {
  if (error instanceof RunInputsInvalidError) {
    const faults = error.faults.slice(0, 5).map(({ pointer, message }) => `${pointer || '/inputs'}: ${message}`);
    return `The inputs do not satisfy the workflow: ${faults.join('; ')}`;
  }
  if (error instanceof ExpressionError) return `The filter cannot be evaluated: ${error.message}`;
  if (error instanceof WrongResultError) return `It cannot be told what to do: ${error.message}`;
  if (error instanceof ConcurrencyKeyInvalidError) return error.message;
  throw error;
}
