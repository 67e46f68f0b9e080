/**
 * What one expression may cost. The figures are chosen so that the worst expression that stays within all of them ends
 * in well under 100 ms of CPU and a few tens of megabytes.
 */
export const LIMITS = {
  /** Characters of the source of an expression. */
  sourceLength: 10_000,
  /** Nodes of its syntax tree. */
  nodes: 1_000,
  /** Depth of its syntax tree; `a + b + c` is three deep. Keeps every recursion far from the end of the stack. */
  depth: 250,
  /** Brackets, calls, selections and indexes inside each other. */
  nesting: 60,
  /** Comprehensions (`map`, `filter`, `all`, …) inside each other. */
  comprehensionDepth: 4,
  /** Units of work of one evaluation; see `Budget`. */
  work: 1_000_000,
  /** Characters of a text that an expression makes. */
  textLength: 1_000_000,
  /** Items of a list that an expression makes. */
  listLength: 100_000,
  /** Bytes of JSON of a result. */
  outputBytes: 1_048_576,
  /** Lists and maps inside each other in a result. */
  valueDepth: 200,
  /** Characters of source kept in the cache of parsed expressions. A parsed expression takes about 50 bytes for each. */
  cachedSource: 1_000_000,
} as const;
