import { ScheduleInvalidError } from './schedule.errors.js';

interface Field {
  readonly name: string;
  readonly min: number;
  /** The last value in order; the day of week has a second name for its first beyond it. */
  readonly max: number;
  /** For people. */
  readonly allowed: string;
  /** Names of the values, from `min` on. */
  readonly names?: readonly string[];
  /** Forms that only this field has. */
  readonly extra?: (item: string) => string | undefined;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const dayOfMonth: Field = {
  name: 'day of month',
  min: 1,
  max: 31,
  allowed: '1 to 31, L (the last day), LW (the last weekday) and forms such as 15W (the weekday nearest to the 15th)',
  extra: (item) => (/^(L|LW|0?[1-9]W|[12]\dW|3[01]W)$/.test(item) ? item : undefined),
};

const dayOfWeek: Field = {
  name: 'day of week',
  min: 0,
  max: 6,
  allowed:
    '0 to 7 (0 and 7 are Sunday), SUN to SAT, and forms such as MON#2 (the second Monday) and FRI#L (the last Friday)',
  names: DAYS,
  extra(item) {
    const [, day = '', nth] = /^(\w+)#([1-5L])$/.exec(item) ?? [];
    const value = valueOf(day, dayOfWeek);
    return value === undefined ? undefined : `${value}#${nth}`;
  },
};

const FIELDS: readonly Field[] = [
  { name: 'second', min: 0, max: 59, allowed: '0 to 59' },
  { name: 'minute', min: 0, max: 59, allowed: '0 to 59' },
  { name: 'hour', min: 0, max: 23, allowed: '0 to 23' },
  dayOfMonth,
  { name: 'month', min: 1, max: 12, allowed: '1 to 12 and JAN to DEC', names: MONTHS },
  dayOfWeek,
];

const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Nothing sensible is longer, and an expression is shown and kept in many places. */
const MAX_LENGTH = 200;

/**
 * Checks a cron expression field by field and spells it in one way: six fields, values as numbers. The calculator
 * checks too, but its messages are for programmers, and some of what it takes is a slip of the pen.
 *
 * @throws ScheduleInvalidError
 */
export function normaliseCron(cron: string): string {
  if (cron.length > MAX_LENGTH) {
    return fail(`The cron expression has ${cron.length} characters; at most ${MAX_LENGTH} are allowed.`);
  }
  const text = cron.trim().toUpperCase();
  const items = (text.startsWith('@') ? nicknamed(text) : text).split(/\s+/);
  if (items.length === 5) items.unshift('0');
  if (items.length !== 6 || text === '') {
    return fail(
      `The cron expression has ${text === '' ? 'no' : items.length} fields; it needs 5 (minute, hour, day of month, ` +
        'month, day of week) or 6 (with the second before them).',
    );
  }
  return FIELDS.map((field, index) => normaliseField(items[index] ?? '', field)).join(' ');
}

function nicknamed(text: string): string {
  const known = NICKNAMES[text.toLowerCase()];
  if (known !== undefined) return known;
  const shown = JSON.stringify(text.toLowerCase());
  return fail(`${shown} is not a nickname of a cron expression; there are ${Object.keys(NICKNAMES).join(', ')}.`);
}

function normaliseField(text: string, field: Field): string {
  const items = text.split(',');
  if (items.includes('')) return refuse(text, field, 'a value between commas is missing');
  if (items.length > 1 && items.includes('*')) return refuse(text, field, '* stands alone');
  if (items.length > 1 && items.includes('LW')) return refuse(text, field, 'LW stands alone');
  return items.map((item) => field.extra?.(item) ?? normaliseItem(item, field)).join(',');
}

/** `*`, a value or a range, and where a step makes sense, one. */
function normaliseItem(item: string, field: Field): string {
  if (item.includes('?')) return refuse(item, field, 'write * for any value; days of the week count from 0 (Sunday)');
  const [body = '', step, ...rest] = item.split('/');
  if (rest.length > 0) return refuse(item, field, 'there is more than one step');
  const values = body === '*' ? body : normaliseRange(body, field);
  if (step === undefined) return values;
  if (!/[-*]/.test(values)) {
    return refuse(item, field, `a step needs * or a range before it, such as ${values}-${field.max}/${step}`);
  }
  const most = field.max - field.min + 1;
  if (!/^\d{1,2}$/.test(step) || Number(step) < 1 || Number(step) > most) {
    return refuse(item, field, `a step is a number from 1 to ${most}`);
  }
  return `${values}/${Number(step)}`;
}

function normaliseRange(body: string, field: Field): string {
  const [first = '', second, ...rest] = body.split('-');
  const from = valueOf(first, field);
  if (from === undefined || rest.length > 0) return refuse(body, field, `allowed are ${field.allowed}`);
  if (second === undefined) return String(from);
  // FRI-SUN ends with the week, SUN-TUE begins with it.
  const to = second === 'SUN' && from > 0 ? 7 : valueOf(second, field);
  if (to === undefined) return refuse(body, field, `allowed are ${field.allowed}`);
  if (from <= to) return `${from}-${to}`;
  const head = from > field.max ? '' : `${from}-${field.max},`;
  return refuse(body, field, `the range runs backwards; write ${head}${field.min}-${to}`);
}

/** The number of a value, or undefined when the field has no such value. */
function valueOf(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text) ?? -1;
  if (named >= 0) return field.min + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  const max = field === dayOfWeek ? 7 : field.max;
  return value >= field.min && value <= max ? value : undefined;
}

function refuse(part: string, field: Field, why: string): never {
  return fail(`${JSON.stringify(part)} can't be the ${field.name} of a cron expression: ${why}.`);
}

function fail(message: string): never {
  throw new ScheduleInvalidError('cron', message);
}
