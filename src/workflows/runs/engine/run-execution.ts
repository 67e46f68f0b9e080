import { parseDuration } from '../../../common/duration.js';
import { type Json, type JsonObject } from '../../../common/json.js';
import { type CompiledWorkflow } from '../../compiler/compile-workflow.js';
import { type WorkflowRunSource } from '../run-status.js';
import { type Holding } from './run-holdings.js';
import { type RecordedRun } from './recorded-run.js';
import { type Claim, type NewRun } from './rows.js';
import { RunJournal, type JournalOptions } from './run-journal.js';

/** An execution of a run by this process. */
export interface RunExecution {
  readonly holding: Holding;
  readonly claim: Claim;
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

/** A run that was taken: what is known of it, from which the rest of its `RunExecution` follows. */
export interface TakenRun extends Pick<
  RunExecution,
  'holding' | 'claim' | 'userId' | 'workflow' | 'inputs' | 'trigger' | 'parentId' | 'ranMs'
> {
  readonly about: Omit<RunExecution['about'], 'startedAt'>;
  readonly config: JsonObject | null;
  readonly known: RecordedRun;
  /** A run that is not in the database yet. */
  readonly birth?: NewRun;
}

/** @param means what its journal writes with */
export function runExecution(means: Pick<JournalOptions, 'committer' | 'mayGoOn'>, taken: TakenRun): RunExecution {
  const { holding, claim, userId, workflow, inputs, trigger, about, parentId, config, known, birth, ranMs } = taken;
  const { committer, mayGoOn } = means;
  const { nodeTypes } = workflow;
  return {
    holding,
    claim,
    userId,
    workflow,
    journal: new RunJournal({ committer, holding, claim, known, nodeTypes, birth, parentId, mayGoOn }),
    inputs,
    trigger,
    about: { ...about, startedAt: claim.startedAt },
    timeout: timeoutOf(workflow, config),
    parentId,
    ranMs,
    answered: known.answered,
  };
}

/** The workflow's own limit, or that of the run's `config` if it is less. Milliseconds. */
function timeoutOf(workflow: CompiledWorkflow, config: JsonObject | null): number {
  const own = typeof config?.timeout === 'string' ? parseDuration(config.timeout) : undefined;
  return Math.min(workflow.timeout, own ?? Infinity);
}
