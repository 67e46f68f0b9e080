/** Every process looks at the table of keys at least this often, in milliseconds, whether it hears of changes or not. */
export const KEY_POLL_MS = 2_500;

/** A process whose last look is older does not encrypt, in milliseconds: its primary key may be no longer the one. */
export const KEYS_STALE_MS = 3 * KEY_POLL_MS;

/**
 * So long after a promotion, by the clock of the database, no process encrypts with an earlier key any more: those that
 * have not heard of it consider themselves stale by then. The difference is for what was encrypted and not yet written.
 */
export const SETTLE_MS = 4 * KEY_POLL_MS;
