import { LruCache } from '../../common/lru-cache.js';
import { CronExpression } from './cron-expression.js';
import { Zone, type Span } from './zone.js';

export interface ScheduleConfig {
  /**
   * Five fields (minute, hour, day of month, month, day of week) or six (with the second before them), or a nickname:
   * `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`. Values, lists, ranges, steps,
   * `JAN`, `MON`; 0 and 7 are Sunday; `L`, `LW` and `15W` as day of month, `MON#2` and `FRI#L` as day of week.
   */
  readonly cron: string;
  /** An IANA name, such as `Europe/Berlin`. */
  readonly timezone: string;
  /** What becomes of fixed times when clocks are changed. Intervals have none: see {@link Schedule}. */
  readonly dst: {
    /** A time that the clock leaps over: `next` fires as soon as the clock has leapt, `skip` doesn't fire. */
    readonly missing: 'next' | 'skip';
    /** A time that the clock shows twice: fire when it is shown `first`, or at `both`. */
    readonly repeated: 'first' | 'both';
  };
}

/**
 * The instants ("slots") at which a trigger fires: those at which the clock on the wall of the time zone shows what the
 * cron expression means. On days when the clock is changed, it depends on the expression (Vixie cron's rule):
 *
 * - **Fixed times** have neither a wildcard nor a step in second, minute and hour: `30 2 * * *`, `0 9-17 * * MON-FRI`,
 *   `@daily`. For them `dst` holds. With `missing: 'next'`, all missing times together fire once, at the first instant
 *   after the gap, even when that is on another day (the zone skipped one) or is a slot anyway.
 * - **Intervals** have one: `0 8-18/2 * * *`, `* 2 * * *`, `@hourly`. They follow real time, and `dst` doesn't matter to
 *   them: they fire whenever the clock shows their time, so twice in a repeated hour (firing once would leave a hole of
 *   an hour), and what the clock leaps over is not made up for.
 */
export interface Schedule {
  /** The first slot strictly after. Undefined: never (again), as for 30 February. */
  next(after: Date): Date | undefined;
  /** The last slot that is after `after` and not after `until`: for catching up without walking through all of them. */
  last(after: Date, until: Date): Date | undefined;
  /** The next slots after, at most `count`. */
  upcoming(after: Date, count: number): Date[];
}

/** Of 3 KB each. */
const parsed = new LruCache<string, Schedule>(5_000);

/** @throws ScheduleInvalidError */
export function parseSchedule({ cron, timezone, dst }: ScheduleConfig): Schedule {
  const key = JSON.stringify([cron, timezone, dst.missing, dst.repeated]);
  return parsed.getOrMake(key, () => new CronSchedule(new CronExpression(cron), Zone.named(timezone), dst));
}

const DAY = 86_400_000;

class CronSchedule implements Schedule {
  private readonly firesAfterGap: boolean;
  private readonly firesOnce: boolean;

  constructor(
    private readonly expression: CronExpression,
    private readonly zone: Zone,
    dst: ScheduleConfig['dst'],
  ) {
    this.firesAfterGap = expression.isFixedTime && dst.missing === 'next';
    this.firesOnce = expression.isFixedTime && dst.repeated === 'first';
  }

  next(after: Date): Date | undefined {
    const slot = this.firstAfter(after.getTime());
    return slot === undefined ? undefined : new Date(slot);
  }

  last(after: Date, until: Date): Date | undefined {
    // Halves the time in which the last slot can be. `next` alone says what a slot is, so the two can't disagree.
    let slot: number | undefined;
    let [from, to] = [after.getTime(), until.getTime()];
    let middle = from;
    while (from < to) {
      const found = this.firstAfter(middle);
      if (found !== undefined && found <= until.getTime()) from = slot = found;
      else to = middle;
      middle = Math.floor((from + to) / 2);
    }
    return slot === undefined ? undefined : new Date(slot);
  }

  upcoming(after: Date, count: number): Date[] {
    const slots: Date[] = [];
    while (slots.length < count) {
      const slot = this.next(slots.at(-1) ?? after);
      if (!slot) break;
      slots.push(slot);
    }
    return slots;
  }

  /** Goes from span to span of even time; between two of them, a clock may be changed. */
  private firstAfter(after: number): number | undefined {
    let from = after + 1;
    for (;;) {
      const span = this.zone.spanAt(from);
      const wall = this.expression.firstFrom(this.firstWall(span, from));
      if (wall === undefined) return undefined;
      if (wall < span.end + span.offset) return wall - span.offset;
      if (this.firesAfterGap && wall < span.end + this.zone.spanAt(span.end).offset) return span.end;
      // Nothing is meant before `wall`, so whole spans can be passed over; but not the next two days, in which walls
      // from before `after` may be shown again.
      from = span.end - after > 2 * DAY ? Math.max(span.end, wall - DAY) : span.end;
    }
  }

  /** The first wall time that counts in the span, from an instant on. */
  private firstWall({ start, offset, offsetBefore }: Span, from: number): number {
    // Until the clock shows what it showed before it was put back, all is a repetition.
    return this.firesOnce ? Math.max(from + offset, start + offsetBefore) : from + offset;
  }
}
