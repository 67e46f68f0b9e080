import { makeStorable } from '../../../common/storable-text.js';
import { type ErrorDetail } from '../../compiler/node-failure.js';
import { type StepRecord } from '../../compiler/run-context.js';
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
  readonly idempotency?: { readonly key: string; readonly requestHash: Buffer };
}

/** How a run is inserted: claimed by a process, or for whoever has a free slot. */
export interface Claim {
  readonly workerId: string;
  readonly attempt: number;
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

/** A step with its output as text. */
export interface StepRow extends Omit<StepRecord, 'output'> {
  readonly output: JsonText;
}

/** Row texts for json_to_recordset: what is JSON text already goes in as it is. */
export function runRow(run: NewRun, claim: Claim | undefined, end: RunEnd | undefined): string {
  return object({
    run_id: json(run.runId),
    user_id: json(run.userId),
    workflow_id: json(run.workflowId),
    workflow_version_id: json(run.versionId),
    spec: run.spec,
    inputs: run.inputs,
    config: run.config,
    status: json(end?.status ?? (claim ? 'RUNNING' : 'QUEUED')),
    source: json(run.source),
    attempt: String(claim?.attempt ?? 0),
    worker_id: json(claim && !end ? claim.workerId : null),
    created_at: time(run.createdAt),
    started_at: time(claim?.startedAt),
    completed_at: time(end?.completedAt),
    outputs: end?.outputs ?? null,
    error: json(end?.error ?? null),
    error_detail: json(end?.errorDetail ?? null),
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
    node_id: json(step.nodeId),
    status: json(step.status),
    output: step.output,
    error: json(step.error ?? null),
    started_at: time(step.startedAt),
    completed_at: time(step.completedAt),
    ...(fence !== undefined && { fence: String(fence) }),
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
