import { newUuid } from '../../../common/public-id.js';
import { makeStorable } from '../../../common/storable-text.js';
import { type UsedCredential } from '../../../integrations/index.js';
import { type ErrorDetail } from '../../compiler/node-failure.js';
import { type StepRecord } from '../../compiler/run-context.js';
import { type Pause } from '../../nodes/pause.js';
import { type OnLimit } from '../../spec/workflow-spec.js';
import { type WorkflowRunSource, type WorkflowRunStatus } from '../run-status.js';

/** A value as JSON text, made once: for its size, for the database and for the answer. */
export type JsonText = string;

/** A run as it is inserted. Times are milliseconds since the epoch. */
export interface NewRun {
  readonly runId: string;
  readonly userId: string;
  /** Internal ids; null for an ad hoc run. */
  readonly workflowId: string | null;
  readonly versionId: string | null;
  /** Only of an ad hoc run. */
  readonly spec: JsonText | null;
  readonly inputs: JsonText;
  readonly config: JsonText | null;
  readonly source: WorkflowRunSource;
  readonly createdAt: number;
  /** The run whose `workflow` node starts this one. */
  readonly parent?: { readonly runId: string; readonly path: string; readonly depth: number };
  readonly concurrency?: RunConcurrency;
  readonly forkedFrom?: { readonly runId: string; readonly step: number };
  /** 1, and one more for each `retry` that led to this run. */
  readonly tries?: number;
  readonly idempotency?: { readonly key: string; readonly requestHash: Buffer };
  readonly event?: StartingEvent;
  /** How many runs, each started by the end of the one before, lead to this one. */
  readonly hops?: number;
}

/** The event that starts a run: it goes into its ledger in the statement that inserts the run, or there is no run. */
export interface StartingEvent {
  /** uuid. */
  readonly eventId: string;
  /** A row for the ledger: see event-ledger.ts. */
  readonly row: JsonText;
}

/** The limit that a run obeys (`settings.concurrency`). */
export interface RunConcurrency {
  /** Begins with whose runs they are, so that two workflows never share one. */
  readonly key: string;
  readonly limit: number;
  readonly onLimit: OnLimit;
}

/** How a run is inserted: claimed by a process, or for whoever has a free slot. */
export interface Claim {
  readonly workerId: string;
  /**
   * How often the run has been claimed, this time included (column `attempt`). Writes name it, and are taken only while the
   * run was not claimed again. Not what expressions call `run.attempt`: that is `tries`.
   */
  readonly fence: number;
  readonly startedAt: number;
}

/** `{code}` at least; which node, where one failed. */
export type RunErrorDetail = { code: string } & Partial<ErrorDetail>;

/** How a run ended. */
export interface RunEnd {
  readonly status: Extract<WorkflowRunStatus, 'COMPLETED' | 'FAILED' | 'CANCELLED'>;
  readonly outputs: JsonText | null;
  readonly error: string | null;
  readonly errorDetail: RunErrorDetail | null;
  readonly completedAt: number;
}

/** That a run waits: it holds no worker until it is answered or woken. */
export interface RunPause {
  readonly status: 'WAITING';
  /** By path. */
  readonly waitingFor: Readonly<Record<string, Pause>>;
  /** Milliseconds since the epoch; when it goes on by itself at the latest. */
  readonly wakeAt: number;
  /** Running time of this execution in milliseconds. */
  readonly ranMs: number;
  /** How many answers this execution knew: if there are more by now, the run goes on at once. */
  readonly answers: number;
}

/** How an execution of a run is over. */
export type RunOutcome = RunEnd | RunPause;

/** A step with its values as text. */
export interface StepRow extends Omit<StepRecord, 'output' | 'inputs'> {
  readonly seq: number;
  readonly inputs: JsonText | null;
  readonly output: JsonText;
}

/** That a node of a run uses a credential, for the audit. */
export interface UseRow extends UsedCredential {
  readonly nodeId: string;
  /** Internal id of the run's owner: of the run itself nothing may be left by then. */
  readonly userId: string;
}

/** Row texts for json_to_recordset: what is JSON text already goes in as it is. */
export function runRow(run: NewRun, claim: Claim | undefined, outcome: RunOutcome | undefined): string {
  const end = outcome && isEnd(outcome) ? outcome : undefined;
  const pause = outcome && !isEnd(outcome) ? outcome : undefined;
  return object({
    run_id: json(run.runId),
    user_id: json(run.userId),
    workflow_id: json(run.workflowId),
    workflow_version_id: json(run.versionId),
    spec: run.spec,
    inputs: run.inputs,
    config: run.config,
    status: json(outcome?.status ?? (claim ? 'RUNNING' : 'QUEUED')),
    source: json(run.source),
    attempt: String(claim?.fence ?? 0),
    worker_id: json(claim && !outcome ? claim.workerId : null),
    created_at: time(run.createdAt),
    started_at: time(claim?.startedAt),
    completed_at: time(end?.completedAt),
    outputs: end?.outputs ?? null,
    error: json(end?.error ?? null),
    error_detail: json(end?.errorDetail ?? null),
    ...(pause && pauseFields(pause)),
    ...(run.parent && {
      parent_run_id: json(run.parent.runId),
      parent_path: json(run.parent.path),
      depth: String(run.parent.depth),
    }),
    ...(run.concurrency && {
      concurrency_key: json(run.concurrency.key),
      concurrency_limit: String(run.concurrency.limit),
      admitted: 'false',
    }),
    ...(run.forkedFrom && {
      forked_from_run_id: json(run.forkedFrom.runId),
      forked_from_step: String(run.forkedFrom.step),
    }),
    ...(run.tries && { tries: String(run.tries) }),
    ...(run.event && { trigger_event_id: json(run.event.eventId) }),
    ...(run.hops && { hops: String(run.hops) }),
    ...(run.idempotency && {
      idempotency_key: json(run.idempotency.key),
      request_hash: json(run.idempotency.requestHash.toString('hex')),
    }),
  });
}

export function stepRow(runId: string, step: StepRow, fence?: number): string {
  return object({
    run_id: json(runId),
    path: json(step.path),
    attempt: String(step.attempt),
    seq: String(step.seq),
    node_id: json(step.nodeId),
    status: json(step.status),
    inputs: step.inputs,
    output: step.output,
    error: json(step.error ?? null),
    usage: json(step.usage ?? null),
    started_at: time(step.startedAt),
    completed_at: time(step.completedAt),
    ...(fence !== undefined && { fence: String(fence) }),
  });
}

export function useRow(runId: string, { kind, id, nodeId, userId }: UseRow): string {
  return object({
    entry_id: json(newUuid()),
    run_id: json(runId),
    user_id: json(userId),
    kind: json(kind),
    credential_id: json(id),
    node_id: json(nodeId),
  });
}

export function endRow(runId: string, fence: number, end: RunEnd): string {
  return object({
    run_id: json(runId),
    fence: String(fence),
    status: json(end.status),
    outputs: end.outputs,
    error: json(end.error),
    error_detail: json(end.errorDetail),
    completed_at: time(end.completedAt),
  });
}

export function pauseRow(runId: string, fence: number, pause: RunPause): string {
  return object({
    run_id: json(runId),
    fence: String(fence),
    answers: String(pause.answers),
    ...pauseFields(pause),
  });
}

export function isEnd(outcome: RunOutcome): outcome is RunEnd {
  return outcome.status !== 'WAITING';
}

function pauseFields({ waitingFor, wakeAt, ranMs }: RunPause): Record<string, JsonText | null> {
  return {
    waiting_for: json(waitingFor),
    wake_at: time(wakeAt),
    ran_ms: String(Math.round(ranMs)),
  };
}

function object(fields: Record<string, JsonText | null>): string {
  let json = '';
  for (const name in fields) {
    const value = fields[name];
    // An absent field is null in the recordset.
    if (value !== null) json += `${json ? ',' : '{'}"${name}":${value}`;
  }
  return `${json}}`;
}

/** Errors may quote what the other side sent: what can't be stored is replaced there, never a reason to lose the run. */
function json(value: object | string | null): JsonText | null {
  return value === null ? null : makeStorable(JSON.stringify(value));
}

function time(milliseconds: number | undefined): JsonText | null {
  return milliseconds === undefined ? null : `"${new Date(milliseconds).toISOString()}"`;
}
