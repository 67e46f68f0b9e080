/** Limits of every request, in one place; each is enforced with a 4xx that names it. */
export const limits = {
  /** Bytes of a request body. */
  bodyBytes: 1_048_576,
  /** Objects and arrays inside one another. */
  jsonDepth: 64,
  /** Characters of an `Idempotency-Key`. */
  idempotencyKeyLength: 255,
  /** Items of one page of a list. */
  pageSize: 100,
  /** Characters of a cursor. */
  cursorLength: 1_024,
  /** Faults that one problem lists. */
  faults: 50,
  /** Event streams of one user that one process has open at a time. */
  eventStreams: 50,
} as const;
