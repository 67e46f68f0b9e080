import { type Json, type JsonObject } from '../../common/json.js';
import { type Pause } from '../nodes/pause.js';
import { type StepStatus } from '../compiler/run-context.js';
import { type WorkflowRunSource, type WorkflowRunStatus } from './run-status.js';

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
  waiting_for: Record<string, Pause> | null;
  attempt: number;
  parent_run_id: string | null;
  trigger_event_id: string | null;
  forked_from_run_id: string | null;
  forked_from_step: number | null;
  /** Times as raw SQL gives them: see `dateOf`. */
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
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
  seq: number;
  status: StepStatus;
  inputs: Json;
  output: Json;
  error: JsonObject | null;
  usage: JsonObject | null;
  started_at: string;
  completed_at: string;
}
