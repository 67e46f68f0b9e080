import { payForText, type Budget } from '../budget.js';
import { fail } from '../expression-error.js';
import { wallClock } from '../timestamps.js';

const MAX_PATTERN = 200;
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Runs of letters, of which the fields are made, and quoted text. */
const TOKEN = /'([^']*)'|([a-zA-Z])\2*/g;

type Field = (wall: Date, offsetMinutes: number) => string | number;

/** The date fields of Unicode TR 35 (as in Java and date-fns) that need no locale but English. */
const FIELDS = new Map<string, Field>([
  ['yyyy', (wall) => pad(wall.getUTCFullYear(), 4)],
  ['yy', (wall) => pad(wall.getUTCFullYear() % 100, 2)],
  ['MMMM', (wall) => MONTHS[wall.getUTCMonth()]!],
  ['MMM', (wall) => MONTHS[wall.getUTCMonth()]!.slice(0, 3)],
  ['MM', (wall) => pad(wall.getUTCMonth() + 1, 2)],
  ['M', (wall) => wall.getUTCMonth() + 1],
  ['dd', (wall) => pad(wall.getUTCDate(), 2)],
  ['d', (wall) => wall.getUTCDate()],
  ['EEEE', (wall) => DAYS[wall.getUTCDay()]!],
  ['EEE', (wall) => DAYS[wall.getUTCDay()]!.slice(0, 3)],
  ['HH', (wall) => pad(wall.getUTCHours(), 2)],
  ['H', (wall) => wall.getUTCHours()],
  ['hh', (wall) => pad(twelveHours(wall), 2)],
  ['h', twelveHours],
  ['a', (wall) => (wall.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['mm', (wall) => pad(wall.getUTCMinutes(), 2)],
  ['m', (wall) => wall.getUTCMinutes()],
  ['ss', (wall) => pad(wall.getUTCSeconds(), 2)],
  ['s', (wall) => wall.getUTCSeconds()],
  ['SSS', (wall) => pad(wall.getUTCMilliseconds(), 3)],
  ['XXX', (_, offset) => formatOffset(offset)],
]);

export function formatDate(time: Date, pattern: string, zone: string, work: Budget): string {
  if (pattern.length > MAX_PATTERN) return fail(`date.format: "pattern" has at most ${MAX_PATTERN} characters`);
  payForText(pattern.length * 16, work);
  const wall = wallClock(time, zone, work);
  const offsetMinutes = Math.round((wall.getTime() - time.getTime()) / 60_000);
  return pattern.replace(TOKEN, (token, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted || "'";
    const field = FIELDS.get(token) ?? fail('date.format: "pattern" has unknown letters; put text in \'quotes\'');
    return String(field(wall, offsetMinutes));
  });
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function twelveHours(wall: Date): number {
  return wall.getUTCHours() % 12 || 12;
}

function formatOffset(minutes: number): string {
  const size = Math.abs(minutes);
  return minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
}
