import { LruCache } from '../../common/lru-cache.js';

/** A moment as the clock of a time zone shows it, with its distance from UTC: `2026-11-26T09:00:00+01:00` (RFC 3339). */
export function wallClock(moment: Date, timezone: string): string {
  const parts = formatOf(timezone).formatToParts(moment);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
  const offset = of('timeZoneName').replace('GMT', '') || '+00:00';
  return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}${offset}`;
}

const formats = new LruCache<string, Intl.DateTimeFormat>(1_000);

const numbers = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const;

/** Costly to make; there are some hundred zones. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  return formats.getOrMake(
    timeZone,
    () => new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', timeZoneName: 'longOffset', ...numbers }),
  );
}
