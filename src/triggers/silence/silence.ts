/** What tells whether a subscription is silent. */
export interface Hearing {
  /** By the clock of the database. */
  readonly now: Date;
  readonly lastEventAt: Date | null;
  /** Since when it can have events at all, as it is now. */
  readonly since: Date;
}

/** How often events have come lately. */
export interface Usual {
  /** Of how many events this is known. */
  readonly events: number;
  /** The longest time between two of them, in milliseconds. */
  readonly longestGapMs: number;
}

/** Of fewer events nothing can be told. */
const FEWEST_EVENTS = 5;
/** So many times the longest gap is much longer than usual … */
const MUCH_LONGER = 5;
/** … but no silence is shorter than this: people pause, and so do machines. */
export const SHORTEST_MS = 3_600_000;
/** A time of a schedule that is missed by less may still be under way. */
const GRACE_MS = 300_000;

/** Since when it is silent: its last event. Undefined: it is not, or nobody can tell. */
export function silentSince({ now, lastEventAt }: Hearing, { events, longestGapMs }: Usual): Date | undefined {
  if (lastEventAt === null || events < FEWEST_EVENTS) return undefined;
  const patience = Math.max(SHORTEST_MS, MUCH_LONGER * longestGapMs);
  return now.getTime() - lastEventAt.getTime() > patience ? lastEventAt : undefined;
}

/**
 * The same for a schedule, which says itself when its events come.
 * @param next its first time after a moment; undefined: there is none
 */
export function silentScheduleSince(
  { now, lastEventAt, since }: Hearing,
  next: (after: Date) => Date | undefined,
): Date | undefined {
  const heard = lastEventAt !== null && lastEventAt > since ? lastEventAt : since;
  const expected = next(heard);
  return expected && now.getTime() - expected.getTime() > GRACE_MS ? (lastEventAt ?? since) : undefined;
}
