/** How long processes may go on with what they know of the encryption keys, in milliseconds. */
export interface KeyTiming {
  /** Every process looks at the table of keys at least this often, whether it hears of changes or not. */
  readonly pollMs: number;
  /** A process whose last look is older has missed one, and looks before it encrypts. */
  readonly lateMs: number;
  /** A process whose last look is older does not encrypt: its primary key may be no longer the one. */
  readonly staleMs: number;
  /**
   * So long after a promotion, by the clock of the database, no process encrypts with an earlier key any more: those that
   * have not heard of it consider themselves stale by then. The difference is for what was encrypted and not yet written.
   */
  readonly settleMs: number;
}

/** @param pollMs the same in all processes of an installation */
export function keyTiming(pollMs: number): KeyTiming {
  return { pollMs, lateMs: 2 * pollMs, staleMs: 3 * pollMs, settleMs: 4 * pollMs };
}
