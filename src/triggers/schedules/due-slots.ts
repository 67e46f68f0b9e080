import { createHash } from 'node:crypto';
import { parseDuration } from '../../common/duration.js';
import { type CronConfig } from '../types/cron-schedule.trigger.js';
import { type Schedule } from './schedule.js';

/** A time that is late by less than this counts as kept: processes restart. */
const ON_TIME_MS = 60_000;
/** More missed times than these are not counted one by one. */
const COUNTED = 1_000;

/** What a subscription that is due does. */
export interface DueSlots {
  /** Times that fire now, oldest first. */
  readonly firing: readonly Date[];
  /** The last of the times that are passed over, and how many there are; undefined: none. */
  readonly missed: { readonly last: Date; readonly why: string } | undefined;
  /** When it is due next; null: never again. */
  readonly nextFireAt: Date | null;
}

/** By how much a subscription fires later than its schedule says: always the same, within its jitter. */
export function delayOf(subscriptionId: string, { jitter }: Pick<CronConfig, 'jitter'>): number {
  const most = parseDuration(jitter) ?? 0;
  if (most === 0) return 0;
  return createHash('sha256').update(subscriptionId).digest().readUInt32BE(0) % (most + 1);
}

/**
 * @param dueAt the time of the first slot that has not been seen to, with the subscription's delay
 * @param now by the clock of the database
 */
export function dueSlots(
  schedule: Schedule,
  config: Pick<CronConfig, 'catch_up' | 'catch_up_limit'>,
  { dueAt, now, delay }: { dueAt: Date; now: Date; delay: number },
): DueSlots {
  const first = new Date(dueAt.getTime() - delay);
  const until = new Date(now.getTime() - delay);
  const last = schedule.last(new Date(first.getTime() - 1), until) ?? first;
  const next = schedule.next(last);
  const firing = firingSlots(schedule, config, { first, last, until });
  const lastMissed = schedule.last(
    new Date(first.getTime() - 1),
    new Date((firing[0] ?? new Date(last.getTime() + 1)).getTime() - 1),
  );
  return {
    firing,
    missed: lastMissed && { last: lastMissed, why: missedText(schedule, first, lastMissed) },
    nextFireAt: next ? new Date(next.getTime() + delay) : null,
  };
}

function firingSlots(
  schedule: Schedule,
  { catch_up: policy, catch_up_limit: limit }: Pick<CronConfig, 'catch_up' | 'catch_up_limit'>,
  { first, last, until }: { first: Date; last: Date; until: Date },
): Date[] {
  if (policy === 'latest') return [last];
  const isOnTime = until.getTime() - last.getTime() < ON_TIME_MS;
  if (policy === 'skip') return isOnTime ? [last] : [];
  const slots = [last];
  const before = new Date(first.getTime() - 1);
  while (slots.length < limit) {
    const earlier = schedule.last(before, new Date(slots[0]!.getTime() - 1));
    if (!earlier) break;
    slots.unshift(earlier);
  }
  return slots;
}

function missedText(schedule: Schedule, first: Date, last: Date): string {
  const slots = schedule.upcoming(new Date(first.getTime() - 1), COUNTED + 1).filter((slot) => slot <= last);
  const count =
    slots.length > COUNTED ? `More than ${COUNTED} times` : slots.length === 1 ? '1 time' : `${slots.length} times`;
  return `${count} from ${first.toISOString()} to ${last.toISOString()} passed while nothing ran (catch_up).`;
}
