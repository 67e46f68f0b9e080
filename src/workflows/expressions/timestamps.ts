import { byLength, LruCache } from '../../common/lru-cache.js';
import type { Budget } from './budget.js';
import { fail } from './expression-error.js';
import { Duration } from './values.js';

// The years 0001 to 9999, as RFC 3339 and CEL have them.
const FIRST = -62_135_596_800_000;
const LAST = 253_402_300_799_999;

const ISO_DATE = /^\d{4}-\d\d-\d\d$/;
const ISO_DATE_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i;
/** As in e-mail headers (RFC 5322) and HTTP dates: `Tue, 05 Nov 2024 10:00:00 +0100`. */
const MAIL_DATE = /^([A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(:\d\d)? (GMT|UTC|[+-]\d{4})$/;
const OFFSET = /(Z|[+-]\d\d:?\d\d)$/i;

/** @param milliseconds since 1970-01-01T00:00:00Z */
export function makeTimestamp(milliseconds: number): Date {
  const whole = Math.floor(milliseconds);
  if (whole >= FIRST && whole <= LAST) return new Date(whole);
  return fail('A timestamp must lie in the years 1 to 9999');
}

/**
 * Reads an ISO 8601 date or date-time, or a date of an e-mail. Without an offset it is UTC: the time zone of the
 * machine must not matter, or a replay elsewhere would differ.
 */
export function parseTimestamp(text: string): Date {
  if (ISO_DATE.test(text) || MAIL_DATE.test(text)) return makeTimestamp(Date.parse(text));
  if (!ISO_DATE_TIME.test(text)) return fail('The text is not a date in ISO 8601, such as 2024-11-05T10:00:00Z');
  const iso = text.replace(' ', 'T').toUpperCase();
  return makeTimestamp(Date.parse(OFFSET.test(iso.slice(11)) ? iso : `${iso}Z`));
}

const MILLISECONDS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 } as const;
const DURATION = /^[+-]?(\d{1,15}(\.\d{1,9})?(h|ms|m|s|us|µs|ns))+$/;

/** Reads `90s`, `1h30m`, `-1.5h`, `300ms` (as Go's `time.ParseDuration`). */
export function parseDuration(text: string): Duration {
  if (text.length > 100 || !DURATION.test(text)) return fail('The text is not a duration, such as 1h30m or 2.5s');
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)) {
    milliseconds += Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS];
  }
  return new Duration(text.startsWith('-') ? -milliseconds : milliseconds);
}

/** Seconds with up to nine decimals, as in the JSON of Protocol Buffers: `3.5s`. */
export function formatDuration(duration: Duration): string {
  const seconds = (duration.milliseconds / 1000).toFixed(9).replace(/\.?0+$/, '');
  return `${seconds === '-0' ? '0' : seconds}s`;
}

const formatters = new LruCache<string, Intl.DateTimeFormat>(2_000, byLength);

/**
 * What a clock on the wall shows in a time zone: a date whose **UTC** fields are the local ones.
 *
 * @param zone an IANA name (`Europe/Paris`) or an offset (`+05:30`)
 */
export function wallClock(time: Date, zone: string, work: Budget): Date {
  if (zone === 'UTC') return time;
  work.spend(200);
  const parts = Object.fromEntries(
    formatterFor(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  const wall = new Date(0);
  // Not Date.UTC, which takes the year 50 for 1950.
  wall.setUTCFullYear(year, month - 1, day);
  wall.setUTCHours(hour, minute, second, time.getUTCMilliseconds());
  return wall;
}

function formatterFor(zone: string): Intl.DateTimeFormat {
  return formatters.getOrMake(zone, () => {
    try {
      return new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      return fail('The time zone is not known; give a name such as Europe/Paris or an offset such as +05:30');
    }
  });
}
