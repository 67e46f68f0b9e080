import { type Json } from '../../common/json.js';
import { type Effect } from '../../integrations/index.js';
import { type Usage } from '../nodes/execution.js';
import { NodeError } from '../nodes/node-error.js';
import { type NodeFailure, nodeFailure } from './node-failure.js';
import { type Journal } from './run-context.js';

/** A node that has begun. */
export interface StepStart {
  readonly nodeId: string;
  readonly path: string;
  readonly attempt: number;
  readonly startedAt: number;
  /** What it was called with; set when that is known. */
  inputs?: Json;
  /** What it used up; set when that is known. */
  usage?: Usage;
}

export function startStep(journal: Journal, nodeId: string, path: string, startedAt = Date.now()): StepStart {
  return { nodeId, path, attempt: journal.nextAttempt(path), startedAt };
}

/**
 * Records what a node gave.
 * @throws NodeFailure when that cannot be kept; it is then recorded as such. What is wrong with the journal itself (the
 * database is away, the run is another process's) passes through: it says nothing about the node.
 */
export function recordOutput(journal: Journal, step: StepStart, output: Json, effect: Effect): void {
  try {
    journal.record({ ...step, status: 'COMPLETED', output, completedAt: Date.now() }, effect);
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    throw recordFailure(journal, step, error);
  }
}

/** Records whatever a node threw. @returns it as the node's failure, to be thrown */
export function recordFailure(journal: Journal, step: StepStart, thrown: unknown): NodeFailure {
  const failure = nodeFailure(thrown, step);
  const error = { ...failure.detail, message: failure.message };
  journal.record({ ...step, status: 'FAILED', output: null, error, completedAt: Date.now() }, 'none');
  return failure;
}

/** Records that `when` was false, unless it was recorded before. */
export function recordSkip(journal: Journal, nodeId: string, path: string): void {
  if (journal.recorded(path)) return;
  journal.reached(nodeId);
  const now = Date.now();
  const step = { nodeId, path, attempt: 1, startedAt: now, completedAt: now };
  journal.record({ ...step, status: 'SKIPPED', output: null }, 'none');
}
