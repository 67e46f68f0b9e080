import { createHash } from 'node:crypto';
import { parseDuration } from '../../common/duration.js';
import { type FiringPolicy } from './firing-policy.js';
import { type Schedule } from './schedule.js';

/** A time that is late by less than this counts as kept: processes restart. */
const ON_TIME_MS = 60_000;
/** More missed times than these are not counted one by one. */
const COUNTED = 1_000;
/** Times of one subscription that fire together: others are due as well, and a transaction is not for thousands of runs. */
const MOST_AT_ONCE = 100;

/** What a subscription that is due does. */
export interface DueSlots {
  /** Times that fire now, oldest first. */
  readonly firing: readonly Date[];
  /** The last of the times that are passed over, and how many there are; undefined: none. */
  readonly missed: { readonly last: Date; readonly why: string } | undefined;
  /** Set when there are more to fire at once: the first of them, with the subscription's delay. */
  readonly goesOnWith: Date | undefined;
  /** When it is due next, if it does not go on; null: never again. */
  readonly nextFireAt: Date | null;
}

/** By how much a subscription fires later than its schedule says: always the same, within its jitter. */
export function delayOf(subscriptionId: string, { jitter }: Pick<FiringPolicy, 'jitter'>): number {
  const most = parseDuration(jitter) ?? 0;
  if (most === 0) return 0;
  return createHash('sha256').update(subscriptionId).digest().readUInt32BE(0) % (most + 1);
}

type CatchUp = Pick<FiringPolicy, 'catch_up' | 'catch_up_limit'>;

/**
 * @param dueAt the time of the first slot that has not been seen to, with the subscription's delay. It is one, whatever the
 * schedule says by now: it was promised.
 * @param now by the clock of the database
 */
export function dueSlots(
  schedule: Schedule,
  config: CatchUp,
  { dueAt, now, delay }: { dueAt: Date; now: Date; delay: number },
): DueSlots {
  const due = new DueTimes(schedule, later(dueAt, -delay), later(now, -delay));
  // What is only late is no gap: then all of it fires, as it would have in time.
  const wanted = due.isOnTime ? due.firsts(Infinity) : caughtUp(due, config);
  const next = schedule.next(due.last);
  return {
    firing: wanted.slice(0, MOST_AT_ONCE),
    missed: due.missedBefore(wanted[0]),
    goesOnWith: wanted.length > MOST_AT_ONCE ? later(wanted[MOST_AT_ONCE]!, delay) : undefined,
    nextFireAt: next ? later(next, delay) : null,
  };
}

function caughtUp(due: DueTimes, { catch_up: policy, catch_up_limit: limit }: CatchUp): Date[] {
  switch (policy) {
    case 'latest':
      return [due.last];
    case 'skip':
      return due.until.getTime() - due.last.getTime() < ON_TIME_MS ? [due.last] : [];
    case 'all':
      return due.latest(limit);
  }
}

/** The times from the first one that has not been seen to, until now. */
class DueTimes {
  private found: Date | undefined;

  constructor(
    private readonly schedule: Schedule,
    private readonly first: Date,
    readonly until: Date,
  ) {}

  get isOnTime(): boolean {
    return this.until.getTime() - this.first.getTime() < ON_TIME_MS;
  }

  get last(): Date {
    this.found ??= this.schedule.last(this.first, this.until) ?? this.first;
    return this.found;
  }

  /** At most so many of the first ones. */
  firsts(most: number, until = this.until): Date[] {
    const slots = [this.first];
    while (slots.length < most) {
      const next = this.schedule.next(slots.at(-1)!);
      if (!next || next > until) break;
      slots.push(next);
    }
    return slots;
  }

  /** At most so many of the last ones, oldest first. */
  latest(most: number): Date[] {
    const all = this.firsts(most + 1);
    if (all.length <= most) return all;
    const slots = [this.last];
    for (let distance = 1_000; slots.length < most;) {
      const [slot] = slots as [Date];
      const before = this.before(slot, distance);
      distance = slot.getTime() - before.getTime();
      slots.unshift(before);
    }
    return slots;
  }

  /** @param wanted the first one that fires, if any does */
  missedBefore(wanted: Date | undefined): DueSlots['missed'] {
    if (wanted && wanted <= this.first) return undefined;
    const last = wanted ? this.before(wanted, wanted.getTime() - this.first.getTime()) : this.last;
    const { length } = this.firsts(COUNTED + 1, last);
    const count = length > COUNTED ? `More than ${COUNTED} times` : length === 1 ? '1 time' : `${length} times`;
    const range = `from ${this.first.toISOString()} to ${last.toISOString()}`;
    return { last, why: `${count} ${range} passed while nothing ran (catch_up).` };
  }

  /** The one before another, which is not the first. Most lie at even distances, so it is looked for there first. */
  private before(slot: Date, distance: number): Date {
    const near = later(slot, -distance - 1);
    const found = near > this.first ? this.schedule.last(near, later(slot, -1)) : undefined;
    return found ?? this.schedule.last(this.first, later(slot, -1)) ?? this.first;
  }
}

function later(moment: Date, milliseconds: number): Date {
  return new Date(moment.getTime() + milliseconds);
}
