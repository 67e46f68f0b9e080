import { type Json } from '../../common/json.js';
import { type JsonSchema } from '../../common/json-schema.js';

/**
 * WorkflowSpec, version "1": what a workflow does, as JSON. A workflow is a block of nodes; control flow nests blocks,
 * so there is no unreachable node, no accidental cycle, and scope is lexical. Reference: docs/workflow-spec.md.
 */
export interface WorkflowSpec {
  readonly version: '1';
  /** What a run is started with; anything when left out. Defaults are applied, values are never coerced. */
  readonly inputs?: JsonSchema;
  readonly nodes: Block;
  /** The run's output, with expressions; the value of the last node when left out. */
  readonly output?: Json;
  readonly settings?: WorkflowSettings;
}

export interface WorkflowSettings {
  /** Longest running time of a run, as a duration; 1 h when left out. */
  readonly timeout?: string;
  /** How many runs may be under way at the same time. */
  readonly concurrency?: ConcurrencySpec;
  /** What a node does whose account must be connected again: fail (default), or wait until it is. */
  readonly on_reauth?: OnReauth;
  /** Tokens that the `llm` nodes of a run may use together; no limit when left out. */
  readonly token_budget?: number;
}

/** Runs whose key has the same value share the limit, within one workflow; ad hoc runs within all those of their user. */
export interface ConcurrencySpec {
  /** CEL over `inputs`, `trigger` and `run` (`workflow_id`, `version`, `source`); any JSON value is a key. */
  readonly key: string;
  readonly limit: number;
  /** What a start does that finds the limit reached: wait (default), be refused, or cancel the oldest. */
  readonly on_limit?: OnLimit;
}

export type OnReauth = 'fail' | 'wait';

export const onReauths: readonly OnReauth[] = ['fail', 'wait'];

export type OnLimit = 'queue' | 'drop' | 'cancel_running';

export const onLimits: readonly OnLimit[] = ['queue', 'drop', 'cancel_running'];

/** Nodes that run in order, each seeing the values of those before it. The block's value is that of its last node. */
export type Block = readonly NodeSpec[];

/** What every node has; the rest belongs to its type (src/workflows/nodes). */
export interface NodeSpec {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly description?: string;
  /** Run only if this expression is true; else the value is null. */
  readonly when?: string;
  readonly retry?: RetrySpec;
  /** Longest time of one attempt, as a duration. */
  readonly timeout?: string;
  /** What a failure does: fail the run, go on with `{ "error": … }` as the value, or run this block instead. */
  readonly on_error?: 'fail' | 'continue' | Block;
}

export interface RetrySpec {
  /** Attempts in all, the first one included. */
  readonly max_attempts: number;
  /** Pause before the second attempt, a duration; 1 s when left out. */
  readonly initial_interval?: string;
  /** Factor from one pause to the next; 2 when left out. */
  readonly backoff?: number;
  /** Longest pause, a duration; 1 min when left out. */
  readonly max_interval?: string;
}
