import { fail } from '../expression-error.js';
import { makeTimestamp, parseTimestamp, wallClock } from '../timestamps.js';
import { Duration } from '../values.js';
import { defineFunction, type FunctionDefinition } from './define-function.js';
import { formatDate } from './format-date.js';

const FIXED_UNITS = new Map([
  ['millisecond', 1],
  ['second', 1_000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 604_800_000],
]);
const MONTHS = new Map([
  ['month', 1],
  ['year', 12],
]);

function asTimestamp(time: Date | string): Date {
  return typeof time === 'string' ? parseTimestamp(time) : time;
}

function addToDate(time: Date, amount: number, unit: string): Date {
  const singular = unit.replace(/s$/, '');
  const milliseconds = FIXED_UNITS.get(singular);
  if (milliseconds !== undefined) return makeTimestamp(time.getTime() + amount * milliseconds);
  const months = MONTHS.get(singular);
  const known = [...FIXED_UNITS.keys(), ...MONTHS.keys()].join(', ');
  if (months === undefined) return fail(`date.add: "unit" must be one of ${known}, or its plural`);
  if (!Number.isInteger(amount)) return fail('date.add: "amount" must be a whole number of months or years');
  return addMonths(time, amount * months);
}

/** The same day of another month, or its last: 31 January and one month is 28 (29) February. */
function addMonths(time: Date, months: number): Date {
  const moved = new Date(time);
  moved.setUTCMonth(time.getUTCMonth() + months);
  if (moved.getUTCDate() !== time.getUTCDate()) moved.setUTCDate(0);
  return makeTimestamp(moved.getTime());
}

/** One field of a timestamp (as the clock shows it in a time zone), and of a duration where it has a meaning. */
function field(
  name: string,
  description: string,
  ofTimestamp: (wall: Date) => number,
  ofDuration?: (milliseconds: number) => number,
): FunctionDefinition {
  const unknown = () => fail(`${name}: a duration does not have it`);
  return defineFunction({
    name,
    style: 'method',
    params: { time: 'timestamp|duration', zone: 'string?' },
    returns: 'number',
    description,
    run: ({ time, zone = 'UTC' }, work) => {
      if (time instanceof Duration) return (ofDuration ?? unknown)(time.milliseconds);
      return ofTimestamp(wallClock(time, zone, work));
    },
  });
}

function dayOfYear(wall: Date): number {
  const newYear = new Date(wall);
  newYear.setUTCMonth(0, 1);
  return Math.round((wall.getTime() - newYear.getTime()) / 86_400_000);
}

/** How many whole units a duration has. */
const whole = (unit: number) => (milliseconds: number) => Math.trunc(milliseconds / unit);

export const dateFunctions = [
  defineFunction({
    name: 'date.parse',
    params: { text: 'string' },
    returns: 'timestamp',
    description: 'The timestamp of ISO 8601 text or the date of an e-mail; UTC unless it says otherwise.',
    run: ({ text }) => parseTimestamp(text),
  }),
  defineFunction({
    name: 'date.format',
    params: { time: 'timestamp|string', pattern: 'string', zone: 'string?' },
    returns: 'string',
    description:
      'The time as text, such as "dd MMM yyyy, HH:mm". Letters: yyyy yy, MMMM MMM MM M, dd d, EEEE EEE, HH H (24 h), hh h a (12 h), mm m, ss s, SSS, XXX (offset); other text in \'quotes\'. `zone` is a name such as Europe/Paris or an offset; UTC if not given.',
    run: ({ time, pattern, zone = 'UTC' }, work) => formatDate(asTimestamp(time), pattern, zone, work),
  }),
  defineFunction({
    name: 'date.add',
    params: { time: 'timestamp|string', amount: 'number', unit: 'string' },
    returns: 'timestamp',
    description:
      'The time `amount` units later, or earlier if negative: milliseconds, seconds, minutes, hours, days, weeks, months or years, in UTC. A day that the month does not have becomes its last.',
    run: ({ time, amount, unit }) => addToDate(asTimestamp(time), amount, unit),
  }),
  field('getFullYear', 'The year.', (wall) => wall.getUTCFullYear()),
  field('getMonth', 'The month, from 0.', (wall) => wall.getUTCMonth()),
  field('getDate', 'The day of the month, from 1.', (wall) => wall.getUTCDate()),
  field('getDayOfMonth', 'The day of the month, from 0.', (wall) => wall.getUTCDate() - 1),
  field('getDayOfWeek', 'The day of the week, from 0 for Sunday.', (wall) => wall.getUTCDay()),
  field('getDayOfYear', 'The day of the year, from 0.', dayOfYear),
  field('getHours', 'The hour, or the whole hours of a duration.', (wall) => wall.getUTCHours(), whole(3_600_000)),
  field('getMinutes', 'The minute, or the whole minutes of a duration.', (wall) => wall.getUTCMinutes(), whole(60_000)),
  field('getSeconds', 'The second, or the whole seconds of a duration.', (wall) => wall.getUTCSeconds(), whole(1_000)),
  field(
    'getMilliseconds',
    'The millisecond, or the milliseconds of a duration.',
    (wall) => wall.getUTCMilliseconds(),
    whole(1),
  ),
];
