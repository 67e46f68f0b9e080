import type { Budget } from './budget.js';
import { Failure, type SourceRange } from './expression-error.js';

/** The values of the roots, by name. Only own, defined properties count. */
export type Scope = Readonly<Record<string, unknown>>;

/** The state of one evaluation. */
export interface Frame {
  readonly scope: Scope;
  /** The values of the variables, by slot. */
  readonly locals: unknown[];
  readonly work: Budget;
  /** What is being evaluated, for the message of a failure. */
  at: SourceRange | undefined;
}

/** A compiled node. */
export type Run = (frame: Frame) => unknown;

/** What an absorbed failure costs: making an error takes a few microseconds. */
const FAILURE_COST = 200;

/**
 * Evaluates something whose failure may not matter, as CEL has it for `||`, `&&`, `all` and `exists`. Running out of the
 * budget always matters.
 */
export function attempt(run: Run, frame: Frame): unknown {
  try {
    return run(frame);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'expression-error') throw error;
    frame.work.spend(FAILURE_COST);
    return error;
  }
}
