/**
 * What a schedule means, computed by brute force from its definition, with nothing of the implementation: every minute
 * of a year is looked at on the wall of the zone. Slow, and only for minutes on which clocks are changed.
 */
export interface Slot {
  readonly instant: number;
  /** As `missing`: at the end of a gap that a meant time lies in. As `repeated`: shown for the second time. */
  readonly kind: 'plain' | 'missing' | 'repeated';
}

const MINUTE = 60_000;

/** A year on the clock of a zone. */
export interface Clock {
  /** The first minute of the year, since 1970. */
  readonly first: number;
  /** What the clock shows in every real minute from there on, in minutes since 1970. */
  readonly walls: Int32Array;
  /** The instants at which the clock is changed. */
  readonly changes: readonly number[];
}

/** Asks every 15 minutes, and where the clock did not run evenly in between, every minute. */
export function clockOf(zone: string, year: number): Clock {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const first = Date.UTC(year, 0, 1) / MINUTE;
  const walls = new Int32Array(Date.UTC(year + 1, 0, 1) / MINUTE - first);
  const wallAt = (index: number) =>
    Date.parse(`${format.format((first + index) * MINUTE).replace(' ', 'T')}Z`) / MINUTE;
  for (let index = 0; index < walls.length; index += 15) {
    const [from, to] = [wallAt(index), wallAt(index + 15)];
    for (let more = 0; more < 15; more += 1)
      walls[index + more] = to - from === 15 ? from + more : wallAt(index + more);
  }
  const indexes = [...walls.keys()].filter((index) => index > 0 && walls[index] !== walls[index - 1]! + 1);
  return { first, walls, changes: indexes.map((index) => (first + index) * MINUTE) };
}

/** A six-field expression without names. */
export interface Meaning {
  readonly fields: readonly string[];
  /** For what the oracle's own reading of days doesn't know. */
  readonly day?: (date: Date) => boolean;
}

export function bruteForce({ first, walls }: Clock, meaning: Meaning): Slot[] {
  const seconds = [...valuesOf(meaning.fields[0]!, 0, 59)].sort((a, b) => a - b);
  const isMeant = matcher(meaning, walls[0]!);
  const slots: Slot[] = [];
  let shown = walls[0]! - 1;
  for (let index = 0; index < walls.length; index += 1) {
    const wall = walls[index]!;
    const minute = (first + index) * MINUTE;
    let missed = false;
    for (let gap = shown + 1; gap < wall; gap += 1) missed ||= isMeant(gap);
    const meant = isMeant(wall) ? seconds : [];
    if (missed && meant[0] !== 0) slots.push({ instant: minute, kind: 'missing' });
    for (const second of meant) {
      slots.push({ instant: minute + second * 1_000, kind: wall <= shown ? 'repeated' : 'plain' });
    }
    if (wall > shown) shown = wall;
  }
  return slots;
}

/** Whether a wall minute is meant. Asked a hundred million times, so it looks into tables, which hold the year after `from`. */
function matcher({ fields, day = dayMatcher(fields) }: Meaning, from: number): (wall: number) => boolean {
  const minutes = valuesOf(fields[1]!, 0, 59);
  const hours = valuesOf(fields[2]!, 0, 23);
  const times = Uint8Array.from({ length: 1_440 }, (_, i) =>
    Number(minutes.has(i % 60) && hours.has(Math.floor(i / 60))),
  );
  const firstDay = Math.floor(from / 1_440);
  const days = Uint8Array.from({ length: 369 }, (_, i) => Number(day(new Date((firstDay + i) * 86_400_000))));
  return (wall) => times[wall % 1_440] === 1 && days[(wall - (wall % 1_440)) / 1_440 - firstDay] === 1;
}

function dayMatcher([, , , dom = '', month = '', dow = '']: readonly string[]): (date: Date) => boolean {
  const [doms, months, dows] = [valuesOf(dom, 1, 31), valuesOf(month, 1, 12), valuesOf(dow, 0, 7)];
  return (date) => {
    const isDom = doms.has(date.getUTCDate());
    const isDow = dows.has(date.getUTCDay()) || (date.getUTCDay() === 0 && dows.has(7));
    return months.has(date.getUTCMonth() + 1) && (dom === '*' || dow === '*' ? isDom && isDow : isDom || isDow);
  };
}

function valuesOf(field: string, min: number, max: number): Set<number> {
  const values = new Set<number>();
  for (const item of field.split(',')) {
    const [body = '', step = '1'] = item.split('/');
    const [from, to = from] = body === '*' ? [min, max] : body.split('-').map(Number);
    for (let value = from!; value <= to!; value += Number(step)) values.add(value);
  }
  return values;
}
