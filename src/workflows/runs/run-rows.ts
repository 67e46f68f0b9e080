import { type Json, type JsonObject } from '../../common/json.js';
import { type StepStatus } from '../compiler/run-context.js';
import { type NewRun, type RunEnd } from './engine/rows.js';
import { type WorkflowRunSource, type WorkflowRunStatus } from './run-status.js';
import { type RunTarget } from './run-target.js';

/** A run as it is read. The last four are not part of lists. */
export interface RunRow {
  run_id: string;
  /** uuid of the workflow. */
  workflow_id: string | null;
  version_number: number | null;
  status: WorkflowRunStatus;
  source: WorkflowRunSource;
  error: string | null;
  error_detail: JsonObject | null;
  waiting_for: JsonObject | null;
  attempt: number;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  inputs?: Json;
  outputs?: Json;
  config?: JsonObject | null;
  spec?: JsonObject;
}

/** A step as it is read. */
export interface StepRow {
  node_id: string;
  path: string;
  attempt: number;
  status: StepStatus;
  output: Json;
  error: JsonObject | null;
  started_at: Date;
  completed_at: Date;
}

/** A run that was executed here from its beginning to its end, as it would be read from the database. */
export function endedRow(run: NewRun, target: RunTarget, end: RunEnd): RunRow {
  const parsed = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));
  return {
    run_id: run.runId,
    workflow_id: target.workflow?.uuid ?? null,
    version_number: target.version?.number ?? null,
    status: end.status,
    source: run.source,
    error: end.error,
    error_detail: end.errorDetail as JsonObject | null,
    waiting_for: null,
    attempt: 1,
    created_at: new Date(run.createdAt),
    started_at: new Date(run.createdAt),
    completed_at: new Date(end.completedAt),
    inputs: parsed(run.inputs),
    outputs: parsed(end.outputs),
    config: parsed(run.config) as JsonObject | null,
  };
}
