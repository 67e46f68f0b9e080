import { hashJson } from '../../common/canonical-json.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { newUuid } from '../../common/public-id.js';
import {
  ConcurrencyKeyInvalidError,
  ExpressionError,
  type NewRun,
  newRun,
  type RunConcurrency,
  RunInputsInvalidError,
  type RunRequest,
  type RunTarget,
} from '../../workflows/index.js';
import { eventRow, type LedgerEvent, type SealedEvent, triggerOf } from '../events/ledger.js';
import { type IncomingEvent } from '../types/define-trigger.js';
import { type ActiveSubscription } from './active-subscription.js';
import { type SubscriptionPlans, WrongResultError } from './subscription-plan.js';

/** Something that happened, for one subscription. */
export interface Occurrence extends IncomingEvent {
  /** Of a schedule: the time that it is for. */
  readonly slot?: Date;
  /** When it came by the clock of the database, where that is known: the clocks of processes differ. */
  readonly cameAt?: Date;
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

/** What an event leads to: a run, or a line in the ledger. */
export type PreparedEvent = { readonly trigger: JsonObject } & (
  | { readonly event: LedgerEvent; readonly request: RunRequest; readonly run: NewRun }
  | { readonly sealed: SealedEvent; readonly request?: undefined }
);

/** Faults of an event that its reason names. */
const NAMED_FAULTS = 5;

/** Filter, inputs, and the run that is to be; nothing is written yet. */
export function prepareEvent(
  plans: SubscriptionPlans,
  subscription: ActiveSubscription,
  occurrence: Occurrence,
): PreparedEvent {
  const event = ledgerEvent(subscription, occurrence);
  const trigger = triggerFor(subscription, event);
  const sealed = (verdict: SealedEvent['verdict'], reason: string) => ({
    trigger,
    sealed: { ...event, verdict, reason },
  });
  const { target, config } = subscription;
  const { skipped, failed } = occurrence;
  if (skipped !== undefined) return sealed('skipped', skipped);
  if (failed !== undefined) return sealed('failed', failed);
  if ('unfit' in target) return sealed('failed', target.unfit);
  try {
    const plan = plans.of(subscription);
    if (!plan.wants(trigger)) return sealed('filtered', `The filter is false for it: ${config.filter as string}`);
    const inputs = plan.inputsOf(trigger, target.compiled.spec.inputs !== undefined);
    const source = plan.type.mode === 'form' ? 'FORM' : 'TRIGGER';
    const request = requestFor(subscription.user_id, occurrence, { event, trigger, inputs, source, target });
    return { trigger, event, request, run: newRun(request) };
  } catch (error) {
    return sealed('failed', reasonOf(error));
  }
}

function ledgerEvent({ id, user_id: userId }: ActiveSubscription, occurrence: Occurrence): LedgerEvent {
  const { data, key = data, occurredAt, slot, cameAt, replayOf } = occurrence;
  const about = { eventId: newUuid(), userId, subscriptionId: id, createdAt: cameAt ?? new Date() };
  return { ...about, data, hash: hashJson(key), occurredAt, slot, replayOf };
}

function triggerFor(
  { trigger_type: type, subscription_id: subscriptionId }: ActiveSubscription,
  { eventId, occurredAt, createdAt, data }: LedgerEvent,
): JsonObject {
  return triggerOf({ type, subscriptionId, eventId, occurredAt: occurredAt ?? createdAt, data });
}

function requestFor(
  userId: string,
  { isRepeat = false, hops = 0, concurrency, slot }: Occurrence,
  {
    event,
    trigger,
    inputs,
    source,
    target,
  }: { event: LedgerEvent; trigger: JsonObject; inputs: Json; target: RunTarget } & Pick<RunRequest, 'source'>,
): RunRequest {
  const runId = newUuid();
  const row = eventRow(event, { runId, isRepeat: isRepeat || slot !== undefined });
  const cause = { runId, event: { eventId: event.eventId, row }, trigger, hops, concurrency };
  return { userId, target, inputs, config: null, source, cause };
}

/** @throws what says nothing about the event */
function reasonOf(error: unknown): string {
  if (error instanceof RunInputsInvalidError) {
    const faults = error.faults
      .slice(0, NAMED_FAULTS)
      .map(({ pointer, message }) => `${pointer || '/inputs'}: ${message}`);
    return `The inputs do not satisfy the workflow: ${faults.join('; ')}`;
  }
  if (error instanceof ExpressionError) return `The filter cannot be evaluated: ${error.message}`;
  if (error instanceof WrongResultError) return `It cannot be told what to do: ${error.message}`;
  if (error instanceof ConcurrencyKeyInvalidError) return error.message;
  throw error;
}
