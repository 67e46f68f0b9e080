import { parseDuration } from '../../../common/duration.js';
import { type Json, type JsonObject } from '../../../common/json.js';
import { type CompiledWorkflow } from '../../compiler/compile-workflow.js';
import { type WorkflowRunSource } from '../run-status.js';
import { type Holding } from './held-runs.js';
import { type RunJournal } from './run-journal.js';

/** A run that this process holds. */
export interface HeldRun {
  readonly holding: Holding;
  readonly userId: string;
  readonly workflow: CompiledWorkflow;
  readonly journal: RunJournal;
  /** Satisfies the workflow's schema, defaults filled in. */
  readonly inputs: Json;
  readonly trigger: Json;
  /** `workflowId` is the uuid of the workflow; times are milliseconds since the epoch. */
  readonly about: {
    workflowId: string | null;
    version: number | null;
    source: WorkflowRunSource;
    createdAt: number;
    startedAt: number;
    tries: number;
    depth: number;
    /** How many runs, each started by the end of the one before, led to this one. */
    hops: number;
  };
  /** Longest running time in milliseconds, all executions together. */
  readonly timeout: number;
  /** uuid of the run that waits for it. */
  readonly parentId?: string | undefined;
  /** Running time of earlier executions, in milliseconds. */
  readonly ranMs: number;
  /** How many answers from outside this execution knows. */
  readonly answered: number;
}

/** The workflow's own limit, or that of the run's `config` if it is less. Milliseconds. */
export function timeoutOf(workflow: CompiledWorkflow, config: JsonObject | null): number {
  const own = typeof config?.timeout === 'string' ? parseDuration(config.timeout) : undefined;
  return Math.min(workflow.timeout, own ?? Infinity);
}
