import { CronExpressionParser } from 'cron-parser';
import { bruteForce, clockOf, type Meaning, type Slot } from './schedule-oracle.spec-helper.js';
import { parseSchedule } from './schedule.js';
import { slotsBetween, usual } from './slots.spec-helper.js';

const YEAR = 2028;
const START = new Date(Date.UTC(YEAR, 0, 1) - 1);
const END = new Date(Date.UTC(YEAR + 1, 0, 1) - 1);
const DAY = 86_400_000;

/** No summer time; usual; of half an hour, in the south; at midnight; a quarter of an hour off. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Havana',
  'Asia/Kathmandu',
] as const;
const clocks = new Map(zones.map((zone) => [zone, clockOf(zone, YEAR)]));

const daysIn = (date: Date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
const isLast = (date: Date) => date.getUTCDate() === daysIn(date);
const nth = (date: Date) => Math.ceil(date.getUTCDate() / 7);

/** As people write it, and, where the oracle does not read that, the same in plain fields or a rule for days. */
const expressions: [cron: string, plain?: string, day?: Meaning['day']][] = [
  ['30 2 * * *'],
  ['0 0 * * *'],
  ['@daily', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['*/15 * * 3,4,10,11 *'],
  ['0 */3 * * *'],
  ['7-59/13 1-3 * * *'],
  ['15,45 1-3 * * *'],
  ['0 0-23 * * *'],
  ['0,15,30,45 0,1,2,3 * 3,4,10,11 0'],
  ['* 2 * * SUN', '* 2 * * 0'],
  ['0 9 * * MON-FRI', '0 9 * * 1-5'],
  ['0 9-17/4 * * mon,wed,Fri', '0 9-17/4 * * 1,3,5'],
  ['45 1 * APR-NOV FRI-7', '45 1 * 4-11 5,6,0'],
  ['0 12 1 * MON', '0 12 1 * 1'],
  ['0 12 1-7 * 7'],
  ['0 0 */10 * WED', '0 0 */10 * 3'],
  ['30 23 28-31 * *'],
  ['0 0 29 2 *'],
  ['0 6 31 * *'],
  ['0 0 13 * 5'],
  ['15 10 * */4 1-5/2'],
  ['30 15 10 * * *'],
  ['0,30 30 2 * 3-4,10 0-6', '0,30 30 2 * 3-4,10 *'],
  ['*/20 0 1 * * *'],
  ['5-10/5 */30 0-2 * 3,11 0'],
  ['0 18 L * *', '0 18 * * *', isLast],
  ['0 8 * * TUE#2', '0 8 * * *', (date) => date.getUTCDay() === 2 && nth(date) === 2],
  ['0 2 15,L * *', '0 2 * * *', (date) => date.getUTCDate() === 15 || isLast(date)],
];

const policies = (['next', 'skip'] as const).flatMap((missing) =>
  (['first', 'both'] as const).map((repeated) => ({ missing, repeated })),
);

/** Where two lists part. Jest takes seconds for such long ones. */
function difference(ours: Date[], wanted: Slot[]): string | undefined {
  const show = (time?: number) => (time === undefined ? 'none' : new Date(time).toISOString());
  for (let i = 0; i < ours.length || i < wanted.length; i += 1) {
    const [our, want] = [ours[i]?.getTime(), wanted[i]?.instant];
    if (our !== want) return `slot ${i} is ${show(our)} instead of ${show(want)}`;
  }
  return undefined;
}

const cases = expressions.flatMap((expression) => zones.map((zone) => ({ expression, zone, cron: expression[0] })));

describe(`every slot of ${YEAR}`, () => {
  it.each(cases)('of $cron in $zone is one by definition', ({ expression: [cron, plain = cron, day], zone }) => {
    const fields = plain.split(' ');
    if (fields.length === 5) fields.unshift('0');
    const isFixed = !/[*/]/.test(fields.slice(0, 3).join());
    const clock = clocks.get(zone)!;
    const meant = bruteForce(clock, { fields, day });
    // For an interval, and where no clock is changed, policies don't matter; of the first it would be seen.
    for (const dst of isFixed && clock.changes.length > 0 ? policies : policies.slice(0, 1)) {
      const wanted = meant.filter(({ kind }) => {
        if (kind === 'missing') return isFixed && dst.missing === 'next';
        return kind === 'plain' || !isFixed || dst.repeated === 'both';
      });
      const ours = slotsBetween(parseSchedule({ cron, timezone: zone, dst }), START, END);
      expect(difference(ours, wanted)).toBeUndefined();
    }
  });
});

describe(`slots of ${YEAR} on days when no clock is changed`, () => {
  /** cron-parser is slow: it computes the whole year of expressions with fewer slots than `ALL` … */
  const ALL = 32;
  /** … and of others so many of each stretch between two changes. */
  const COUNT = 8;

  /** Where clocks are changed, cron-parser goes by other rules (and gets stuck in Lord Howe): it never walks there. */
  function calmStretches(zone: (typeof zones)[number]): { from: Date; to: Date }[] {
    const { changes } = clocks.get(zone)!;
    const froms = [START, ...changes.map((change) => new Date(change + DAY))];
    const tos = [...changes.map((change) => new Date(change - DAY)), END];
    return froms.map((from, index) => ({ from, to: tos[index]! }));
  }

  it.each(cases)('of $cron in $zone are those of cron-parser', ({ cron, zone }) => {
    const schedule = parseSchedule({ cron, timezone: zone, dst: usual });
    const isSparse = slotsBetween(schedule, START, END, ALL).length < ALL;
    for (const { from, to } of calmStretches(zone)) {
      const count = isSparse ? ALL : COUNT;
      const theirs = CronExpressionParser.parse(cron, { currentDate: from, endDate: to, tz: zone }).take(count);
      expect(slotsBetween(schedule, from, to, count)).toEqual(theirs.map((date) => date.toDate()));
    }
  });
});
