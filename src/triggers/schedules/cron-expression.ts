import { CronDate, CronPattern } from 'croner';
import { normaliseCron } from './cron-fields.js';

const START = Date.UTC(2000, 0, 1);

/**
 * Which times on the wall a cron expression means. It knows no time zone: a wall time is a number whose **UTC** fields
 * are what the clock shows.
 *
 * When neither day of month nor day of week is `*`, a day needs to be only one of them, as always in cron. A step is not
 * `*`, also one that begins with it.
 */
export class CronExpression {
  /**
   * Whether it names times of day, rather than an interval: there is neither a wildcard nor a step in its second, minute
   * and hour (lists and ranges are names too). As Vixie cron, which looks at a leading `*` only.
   */
  readonly isFixedTime: boolean;
  private readonly pattern: CronPattern;
  private readonly isPossible: boolean;

  /** @throws ScheduleInvalidError */
  constructor(cron: string) {
    this.pattern = new CronPattern(normaliseCron(cron), undefined, { mode: '6-part', fixedTimeRule: 'no-wildcard' });
    // A table of 80 KB that is read only when an expression names years, which is not allowed here.
    this.pattern.year = [];
    this.isFixedTime = this.pattern.isFixedTime;
    // The calendar repeats after the 400 years that are searched. That takes milliseconds, so it is done once.
    this.isPossible = this.search(START) !== undefined;
  }

  /** The first wall time that is meant, not before `wall`; up to the year 2999. */
  firstFrom(wall: number): number | undefined {
    return this.isPossible ? this.search(wall) : undefined;
  }

  private search(wall: number): number | undefined {
    // It looks from the next whole second on.
    return new CronDate(new Date(wall - 1), 0).increment(this.pattern, {}, false)?.getTime();
  }
}
