import { parseSchedule, type Schedule, type ScheduleConfig } from './schedule.js';

export type Dst = ScheduleConfig['dst'];
export const usual: Dst = { missing: 'next', repeated: 'first' };

/** The slots after one instant, until another one, at most `count`. */
export function slotsBetween(schedule: Schedule, after: Date, until: Date, count = Infinity): Date[] {
  const found: Date[] = [];
  let slot = schedule.next(after);
  while (slot && slot <= until && found.length < count) {
    found.push(slot);
    slot = schedule.next(slot);
  }
  return found;
}

/** The slots from one instant to another, both included, in short. */
export function slots(
  cron: string,
  timezone: string,
  [from, to]: readonly [string, string],
  dst: Dst = usual,
): string[] {
  const schedule = parseSchedule({ cron, timezone, dst });
  const found = slotsBetween(schedule, new Date(Date.parse(from) - 1), new Date(to));
  return found.map((slot) => slot.toISOString().replace(':00.000Z', 'Z'));
}
