import { type Json, type JsonObject } from '../../common/json.js';
import { dateOf } from '../../common/database/sql-date.js';
import { type Claim, isEnd, type NewRun, type RunOutcome } from './engine/rows.js';
import { type Pause } from '../nodes/pause.js';
import { type RunRow } from './run-rows.js';
import { type WorkflowRunSource, type WorkflowRunStatus } from './run-status.js';
import { type RunTarget } from './run-target.js';

/** A run as it is shown, wherever it comes from. The last four are not part of lists. */
export interface RunView {
  runId: string;
  workflowUuid: string | null;
  versionNumber: number | null;
  status: WorkflowRunStatus;
  source: WorkflowRunSource;
  error: string | null;
  errorDetail: JsonObject | null;
  waitingFor: Waiting[] | null;
  attempt: number;
  /** uuids. */
  parentRunId: string | null;
  triggerEventId: string | null;
  forkedFrom: { runId: string; step: number } | null;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  inputs: Json;
  outputs: Json;
  config: JsonObject | null;
  spec?: JsonObject;
}

/** What a run waits for, as it is shown. */
export interface Waiting {
  path: string;
  node_id: string;
  type: Pause['type'];
  until: Date | null;
  title: string | null;
  approval_url: string | null;
  run_id: string | null;
  connection_id: string | null;
}

/** Makes the link for the approval at a path of a run (uuid); null for those who may not answer. */
export type LinkTo = (runId: string, path: string) => string | null;

/** A run that was read. */
export function viewOfRow(row: RunRow, linkTo: LinkTo): RunView {
  return {
    runId: row.run_id,
    workflowUuid: row.workflow_id,
    versionNumber: row.version_number,
    status: row.status,
    source: row.source,
    error: row.error,
    errorDetail: row.error_detail,
    waitingFor: waitingOf(row, linkTo),
    attempt: row.attempt,
    parentRunId: row.parent_run_id,
    triggerEventId: row.trigger_event_id,
    forkedFrom: row.forked_from_run_id ? { runId: row.forked_from_run_id, step: row.forked_from_step! } : null,
    createdAt: dateOf(row.created_at),
    startedAt: dateOf(row.started_at),
    completedAt: dateOf(row.completed_at),
    inputs: row.inputs ?? null,
    outputs: row.outputs ?? null,
    config: row.config ?? null,
    spec: row.spec,
  };
}

function waitingOf({ run_id: runId, waiting_for: pauses }: RunRow, linkTo: LinkTo): Waiting[] | null {
  const entries = Object.entries(pauses ?? {});
  if (entries.length === 0) return null;
  return entries.map(([path, pause]) => ({
    path,
    node_id: pause.node_id,
    type: pause.type,
    until: pause.until === undefined ? null : new Date(pause.until),
    title: pause.title ?? null,
    approval_url: pause.type === 'approval' ? linkTo(runId, path) : null,
    run_id: pause.run_id ?? null,
    connection_id: pause.connection_id ?? null,
  }));
}

/** A run that was written here a moment ago: it need not be read again. */
export function viewOfNew(
  run: NewRun,
  target: RunTarget,
  claim: Claim | undefined,
  outcome: RunOutcome | undefined,
): RunView {
  const end = outcome && isEnd(outcome) ? outcome : undefined;
  return {
    runId: run.runId,
    workflowUuid: target.workflow?.uuid ?? null,
    versionNumber: target.version?.number ?? null,
    status: outcome?.status ?? (claim ? 'RUNNING' : 'QUEUED'),
    source: run.source,
    error: end?.error ?? null,
    errorDetail: end?.errorDetail ?? null,
    waitingFor: null,
    attempt: claim?.fence ?? 0,
    parentRunId: run.parent?.runId ?? null,
    triggerEventId: run.event?.eventId ?? null,
    forkedFrom: run.forkedFrom ?? null,
    createdAt: new Date(run.createdAt),
    startedAt: claim ? new Date(claim.startedAt) : null,
    completedAt: end ? new Date(end.completedAt) : null,
    inputs: parsed(run.inputs),
    outputs: parsed(end?.outputs ?? null),
    config: parsed(run.config) as JsonObject | null,
  };
}

function parsed(text: string | null): Json {
  return text === null ? null : (JSON.parse(text) as Json);
}
