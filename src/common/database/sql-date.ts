/** A `timestamptz` as raw SQL gives it in UTC, such as `2026-11-23 10:57:45.043+00`, as a Date. */
export function dateOf(text: string): Date;
export function dateOf(text: string | null): Date | null;
export function dateOf(text: string | null): Date | null {
  // MikroORM turns off the driver's own parsing of dates; entities get theirs when they are hydrated.
  return text === null ? null : new Date(`${text.replace(' ', 'T')}:00`);
}
