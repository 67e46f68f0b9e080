/** Bounds of a spec and of its runs; passing one is refused, or fails the run, with a code that names it. */
export const limits = {
  /** Bytes of a spec as JSON text. */
  specBytes: 256 * 1024,
  /** Objects and arrays inside one another; less than in a request (64), as a spec comes inside one. */
  jsonDepth: 60,
  /** Nodes in a spec, nested ones included. */
  nodes: 500,
  /** Blocks inside blocks. */
  nesting: 16,
  /** Items of a `for_each` that sets no `max_items`. */
  defaultItems: 1_000,
  /** The most that `max_items` may be. */
  items: 100_000,
  /** Rounds of a `repeat`. */
  iterations: 10_000,
  /** Bytes of one node's value as JSON text. */
  valueBytes: 1024 * 1024,
  /** Objects and arrays inside one another in a node's value. */
  valueDepth: 200,
  /** Bytes of all values of a run together. */
  stateBytes: 10 * 1024 * 1024,
  /** Node executions of one run. */
  steps: 10_000,
  /** Milliseconds of running time of a run whose settings name none. */
  defaultRunTimeout: 3_600_000,
  /** Milliseconds from the start of a run to its end, all waiting included. */
  runLifetime: 30 * 86_400_000,
  /** Runs inside one another, through `workflow` nodes. */
  depth: 8,
  /** Runs of one concurrency key. */
  concurrentRuns: 10_000,
  /** Attempts of one node. */
  attempts: 20,
  /** Proposals for one workflow that nobody has decided about. */
  pendingProposals: 20,
  /** Findings of a report; a spec with more is cut here. */
  findings: 200,
} as const;
