import { type LangGraphRunnableConfig } from '@langchain/langgraph';
import { type Json } from '../../common/json.js';
import { type Effect } from '../../integrations/index.js';
import { type Execution, type Usage } from '../nodes/execution.js';
import { RunPaused } from '../nodes/node-error.js';
import { type Pause, type PauseEnd } from '../nodes/pause.js';
import { type ErrorDetail } from './node-failure.js';

export type StepStatus = 'COMPLETED' | 'FAILED' | 'SKIPPED';

/** One execution of one node, as it is stored. Times are milliseconds since the epoch. */
export interface StepRecord {
  readonly nodeId: string;
  readonly path: string;
  readonly attempt: number;
  readonly status: StepStatus;
  /** What it was called with, of nodes that touch the world. */
  readonly inputs?: Json;
  readonly output: Json;
  readonly usage?: Usage;
  readonly error?: ErrorDetail & { message: string };
  readonly startedAt: number;
  readonly completedAt: number;
}

/** A step that has come to its end: COMPLETED, or SKIPPED with null as its output. */
export type RecordedStep = Pick<StepRecord, 'status' | 'output'>;

/**
 * What a run remembers. The step row is the only durable record of a node: resuming a run means executing its graph
 * again with a journal that knows the recorded steps.
 */
export interface Journal {
  /** The recorded step of this path, if it has come to its end: then the node does not run again. */
  recorded(path: string): RecordedStep | undefined;
  /**
   * Told that the run has come to a node that is not recorded, before it does anything; of a control-flow node, before it
   * gets its value. A journal that only looks throws RunPaused here, so that this lane goes no further.
   */
  reached(nodeId: string): void;
  /** Number of the next attempt at this path, from 1; failed attempts of earlier processes count. */
  nextAttempt(path: string): number;
  /** How often this path has failed in executions before this one; 0 when it is asked again. */
  takeEarlierFailures(path: string): number;
  /**
   * Resolves when everything recorded so far is durable: awaited before the world is touched.
   * @throws RunLostError when the run is another process's, or this one has to hand it back
   */
  settled(): Promise<void>;
  /**
   * Records a step. That of a node that touched the world is written at once, others with the next durable point; whoever
   * depends on its being durable awaits {@link settled}.
   * @throws NodeError `output-too-large`, `output-invalid` or `step-limit` when the value can't be kept.
   */
  record(step: StepRecord, effect: Effect): void;
  /** The pause at this path that an earlier execution has begun. */
  pauseAt(path: string): Pause | undefined;
  /** How the pause at this path is over, if it is. */
  endOfPause(path: string): PauseEnd | undefined;
  /** The run waits at this path when this execution is over. */
  wait(path: string, pause: Pause): void;
}

/**
 * Waits at a path. @returns how the pause is over
 * @throws RunPaused while it is not
 */
export function pauseAt(journal: Journal, path: string, begin: () => Pause): PauseEnd {
  const end = journal.endOfPause(path);
  if (end) return end;
  journal.wait(path, journal.pauseAt(path) ?? begin());
  throw new RunPaused();
}

/** What a graph carries besides its state: the one run it executes. */
export interface RunContext {
  readonly journal: Journal;
  /** The journal ends each lane where the record ends: no node runs (see walk-graph.ts). */
  readonly onlyReads?: boolean;
  /** Aborts when the run ends early: failed elsewhere, cancelled, timed out, handed back. */
  readonly signal: AbortSignal;
  /** A node whose account must be connected again waits for that instead of failing (`settings.on_reauth`). */
  readonly waitsForReconnect?: boolean;
  readonly callTool: Execution['callTool'];
  readonly askModel: Execution['askModel'];
  readonly listFunctions: Execution['listFunctions'];
  readonly callWorkflow: Execution['callWorkflow'];
}

/** The run that a graph node works for. */
export function runContextOf(config: LangGraphRunnableConfig): RunContext {
  return (config.configurable as { run: RunContext }).run;
}
