import { LruCache } from '../../common/lru-cache.js';
import { ScheduleInvalidError } from './schedule.errors.js';

/** A stretch of time in which clocks ran evenly; all in milliseconds. `end` is not part of it. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Wall time minus real time. */
  readonly offset: number;
  /** The offset until `start`. */
  readonly offsetBefore: number;
}

/**
 * 4.6 days. No zone has changed its clocks twice within less: since 1970 it was 7 days less an hour, as in Boa Vista in
 * 2000.
 */
const BLOCK = 400_000_000;

/** When the clocks of a time zone are changed. Asking Intl takes long, so answers are kept. */
export class Zone {
  private readonly blocks = new LruCache<number, readonly Span[]>(100);
  private readonly formatter: Intl.DateTimeFormat;

  /** @throws ScheduleInvalidError */
  private constructor(name: string) {
    this.formatter = formatterFor(name);
  }

  /** @throws ScheduleInvalidError */
  static named(name: string): Zone {
    return known.getOrMake(name, () => new Zone(name));
  }

  /** The span that the instant is in. If no clock was changed at its start, none was for a whole block before either. */
  spanAt(instant: number): Span {
    const block = Math.floor(instant / BLOCK);
    const spans = this.blocks.getOrMake(block, () => this.makeSpans(block * BLOCK));
    return spans.find(({ end }) => instant < end)!;
  }

  /** The spans of the block that begins at `middle`; the first may begin in the block before. */
  private makeSpans(middle: number): Span[] {
    const [start, end] = [middle - BLOCK, middle + BLOCK];
    const cuts = [start, this.changeBetween(start, middle), this.changeBetween(middle, end), end];
    const times = cuts.filter((time) => time !== undefined);
    return times
      .slice(1)
      .map((end, index) => this.makeSpan(times[index]!, end))
      .filter((span) => span.end > middle);
  }

  private makeSpan(start: number, end: number): Span {
    return { start, end, offset: this.offsetAt(start), offsetBefore: this.offsetAt(start - 1) };
  }

  /** The first instant of the new offset, when there is one. */
  private changeBetween(start: number, end: number): number | undefined {
    const offset = this.offsetAt(start);
    if (this.offsetAt(end) === offset) return undefined;
    let [old, changed] = [start / 1_000, end / 1_000];
    while (changed - old > 1) {
      const middle = Math.floor((old + changed) / 2);
      if (this.offsetAt(middle * 1_000) === offset) old = middle;
      else changed = middle;
    }
    return changed * 1_000;
  }

  private offsetAt(instant: number): number {
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(this.formatter.format(instant));
    const [, sign, hours = 0, minutes = 0, seconds = 0] = match!;
    const offset = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    return (sign === '-' ? -offset : offset) * 1_000;
  }
}

const known = new LruCache<string, Zone>(200);

/** `Europe/Berlin`, `America/Argentina/Salta`, `Etc/GMT+5`; not `IST`, which people of three countries call their own. */
const NAME = /^(UTC|GMT|[A-Z][A-Za-z]+(\/[A-Z][A-Za-z0-9_+-]*)+)$/;

function formatterFor(name: string): Intl.DateTimeFormat {
  const shown = JSON.stringify(name.slice(0, 60));
  if (/^[+-]\d|^(UTC|GMT)[+-]/i.test(name)) {
    return fail(`${shown} is an offset, which knows no summer time; give the name of a zone, such as Europe/Berlin.`);
  }
  const formatter = name.length <= 60 ? tryFormatter(name) : undefined;
  const canonical = formatter?.resolvedOptions().timeZone ?? '';
  if (canonical !== name && canonical.toLowerCase() === name.toLowerCase()) {
    return fail(`${shown} is not how the time zone is written; write ${canonical}.`);
  }
  if (formatter && NAME.test(name)) return formatter;
  return fail(`${shown} is not a known time zone; give an IANA name of area and city, such as Europe/Berlin, or UTC.`);
}

function tryFormatter(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
}

function fail(message: string): never {
  throw new ScheduleInvalidError('timezone', message);
}
