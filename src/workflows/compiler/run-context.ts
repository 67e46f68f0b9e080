import { type LangGraphRunnableConfig } from '@langchain/langgraph';
import { type Json } from '../../common/json.js';
import { type Effect } from '../../integrations/index.js';
import { type Execution } from '../nodes/execution.js';
import { type ErrorDetail } from './node-failure.js';

export type StepStatus = 'COMPLETED' | 'FAILED' | 'SKIPPED';

/** One execution of one node, as it is stored. Times are milliseconds since the epoch. */
export interface StepRecord {
  readonly nodeId: string;
  readonly path: string;
  readonly attempt: number;
  readonly status: StepStatus;
  readonly output: Json;
  readonly error?: ErrorDetail & { message: string };
  readonly startedAt: number;
  readonly completedAt: number;
}

/**
 * What a run remembers. The step row is the only durable record of a node: resuming a run means executing its graph
 * again with a journal that knows the recorded steps.
 */
export interface Journal {
  /** The recorded step of this path, if it has come to its end: then the node does not run again. */
  recorded(path: string): { readonly output: Json } | undefined;
  /** Number of the next attempt at this path, from 1; failed attempts of earlier processes count. */
  nextAttempt(path: string): number;
  /** Resolves when everything recorded so far is durable: awaited before the world is touched. */
  settled(): Promise<void>;
  /**
   * Records a step. Of a node that touched the world it resolves when the step is durable; others are written with the
   * next durable point.
   * @throws NodeError `output-too-large`, `output-invalid` or `step-limit` when the value can't be kept.
   */
  record(step: StepRecord, effect: Effect): Promise<void> | void;
}

/** What a graph carries besides its state: the one run it executes. */
export interface RunContext {
  readonly journal: Journal;
  /** Aborts when the run ends early: failed elsewhere, cancelled, timed out, handed back. */
  readonly signal: AbortSignal;
  readonly callTool: Execution['callTool'];
}

/** The run that a graph node works for. */
export function runContextOf(config: LangGraphRunnableConfig): RunContext {
  return (config.configurable as { run: RunContext }).run;
}
