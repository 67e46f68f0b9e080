import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO8601,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { dateOf } from '../../common/database/sql-date.js';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField, JsonValue } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { durationPattern } from '../../common/duration.js';
import { makePublicId } from '../../common/public-id.js';
import { stepStatuses } from './workflow-run-step.entity.js';
import { MAX_NUMBER } from '../workflow-draft.dto.js';
import { exampleSpec } from '../workflow.dto.js';
import { type StepStatus } from '../compiler/run-context.js';
import { type Pause } from '../nodes/pause.js';
import { type StepRow } from './run-rows.js';
import { makeCheckpointId } from './checkpoint-id.js';
import { type RunView } from './run-view.js';
import { runSources, runStatuses, type WorkflowRunSource, type WorkflowRunStatus } from './run-status.js';

/** How a run is executed. */
export class RunConfig {
  /** Labels to find the run by. @example ["nightly"] */
  @Optional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  tags?: string[];

  @Optional()
  @JsonObjectField({ required: false, description: 'Kept with the run, for you.' })
  metadata?: JsonObject;

  /** Longest running time of this run, waiting not included, if that is less than the workflow's own. @example 5m */
  @Optional()
  @Matches(new RegExp(durationPattern), { message: 'timeout must be a duration such as 20s, 5m or 1h' })
  timeout?: string;
}

/** A run of a spec that belongs to no workflow. */
export class StartAdHocRunRequest {
  @JsonObjectField({ example: exampleSpec, description: 'The spec to run; it is kept with the run only.' })
  spec: JsonObject;

  @Optional()
  @JsonValue({ required: false, description: "What the workflow's `inputs` schema asks for.", example: { id: 1 } })
  inputs?: Json;

  /** How it is executed. */
  @Optional()
  @ValidateNested()
  @Type(() => RunConfig)
  config?: RunConfig;
}

/** A run of a workflow. */
export class StartRunRequest {
  @Optional()
  @JsonValue({ required: false, description: "What the workflow's `inputs` schema asks for.", example: { id: 1 } })
  inputs?: Json;

  @Optional()
  @JsonValue({
    required: false,
    description: '`"published"` (default), `"draft"` (frozen into a version first), or the number of a version.',
    example: 'published',
  })
  version?: Json;

  /** How it is executed. */
  @Optional()
  @ValidateNested()
  @Type(() => RunConfig)
  config?: RunConfig;
}

export class StartRunQuery {
  /** `async` answers when the run is accepted; `sync` when it is over, or 202 when that takes too long. */
  @ApiProperty({ enum: ['async', 'sync'], required: false, default: 'async' })
  @IsIn(['async', 'sync'])
  mode: 'async' | 'sync' = 'async';

  /** `true` answers with the events of the run as it goes, whatever the `mode`. */
  @ApiProperty({ type: Boolean, required: false, default: false })
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  stream = false;
}

export class RunListQuery extends PageQuery {
  /** Runs of this workflow. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @Matches(/^wf_[0-9a-f-]{36}$/, { message: 'workflow_id must be an id such as wf_0190b6a0-…' })
  workflow_id?: string;

  /** Runs in one of these statuses, comma separated. @example ["FAILED","CANCELLED"] */
  @ApiProperty({ required: false, enum: runStatuses, isArray: true, style: 'form', explode: false } as never)
  @Optional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value))
  @IsIn(runStatuses, { each: true })
  status?: WorkflowRunStatus[];

  /** Runs that were started by this. */
  @ApiProperty({ enum: runSources, required: false })
  @Optional()
  @IsIn(runSources)
  source?: WorkflowRunSource;

  /** Runs of this version of the workflow; needs `workflow_id`. @example 1 */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_NUMBER)
  version?: number;

  /** Runs made at this time or later. @example 2026-01-01T00:00:00.000Z */
  @Optional()
  @IsISO8601({ strict: true })
  created_after?: string;

  /** Runs made before this time. @example 2027-01-01T00:00:00.000Z */
  @Optional()
  @IsISO8601({ strict: true })
  created_before?: string;
}

export class StepListQuery extends PageQuery {}

export class GetRunQuery {
  /** `spec` adds the spec that the run executes. */
  @ApiProperty({ enum: ['spec'], required: false })
  @Optional()
  @IsIn(['spec'])
  include?: 'spec';
}

export class ResumeRunRequest {
  @Optional()
  @JsonValue({
    required: false,
    description: 'The answer to an approval: `{"approved": true, "form": {…}}`. Other pauses need none.',
    example: { approved: true },
  })
  value?: Json;

  /** Where, if the run waits at several places: a path of `waiting_for`, or a node id. @example ok */
  @Optional()
  @IsString()
  @MaxLength(1_000)
  node_id?: string;
}

/** Something that a run waits for. */
export class WaitingForResponse {
  /** Where in the run. @example ok */
  path: string;
  /** The node that waits. @example ok */
  node_id: string;
  /** What is waited for. */
  @ApiProperty({ enum: ['timer', 'approval', 'workflow', 'retry', 'reconnect'] })
  type: Pause['type'];
  /** When the waiting is over by itself. */
  until: Date | null;
  /** Of an approval: the question. @example Refund order 17? */
  title: string | null;
  /** Of an approval: the link with which anybody can answer, once. */
  approval_url: string | null;
  /** Of a workflow: the run that is waited for. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  run_id: string | null;
  /** Of a reconnect: the account that must be connected again; its health has the link. */
  connection_id: string | null;
}

/** A run in a list. */
export class RunSummaryResponse {
  /** Its id. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  run_id: string;
  /** LangGraph's thread id: the same as `run_id`. */
  thread_id: string;
  /** Null: an ad hoc run. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string | null;
  /** The version that it executes; null: an ad hoc run. @example 1 */
  version_number: number | null;
  /** Where it is. WAITING holds no worker. */
  @ApiProperty({ enum: runStatuses })
  status: WorkflowRunStatus;
  /** What started it. */
  @ApiProperty({ enum: runSources })
  source: WorkflowRunSource;
  /** Why it failed, in one sentence. */
  error: string | null;
  /** Why it failed, for programs: `code`, and which node at which path and attempt. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  error_detail: JsonObject | null;
  /** What a WAITING run waits for; null when nothing. */
  @ApiProperty({ type: [WaitingForResponse], nullable: true })
  waiting_for: WaitingForResponse[] | null;
  /** How often it was taken up by a process; 0 while it is queued. @example 1 */
  attempt: number;
  /** The run whose `workflow` node started this one. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  parent_run_id: string | null;
  /** The event that started it. @example evt_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  trigger_event_id: string | null;
  /**
   * The checkpoint that it was forked from; of a retry, the last step that it has from the run it retries (`:0` when it has
   * none). @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b:3
   */
  forked_from: string | null;
  /** When it was accepted. */
  created_at: Date;
  /** When a process took it up first; null: none has yet. */
  started_at: Date | null;
  /** When it was over; null: it is not. */
  completed_at: Date | null;

  static from(run: RunView): RunSummaryResponse {
    return Object.assign(new RunSummaryResponse(), summaryOf(run));
  }
}

export class RunPage extends PageOf(RunSummaryResponse) {}

export class RunResponse extends RunSummaryResponse {
  @JsonValue({ description: 'What it was started with, defaults filled in.', example: { id: 1 } })
  inputs: Json;
  @JsonValue({ description: 'What it gave; null until it is COMPLETED.', example: { title: 'delectus aut autem' } })
  outputs: Json;
  /** The `config` that it was started with. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  config: JsonObject | null;
  @JsonObjectField({ required: false, description: 'Only with `include=spec`.' })
  spec?: JsonObject;

  static override from(run: RunView): RunResponse {
    const { inputs, outputs, config, spec } = run;
    return Object.assign(new RunResponse(), summaryOf(run), { inputs, outputs, config, ...(spec && { spec }) });
  }
}

/** What a run gave. */
export class RunOutputResponse {
  /** Where the run is; its output is there once it is COMPLETED. */
  @ApiProperty({ enum: runStatuses })
  status: WorkflowRunStatus;
  @JsonValue({ description: 'What the run gave; null until it is COMPLETED.' })
  outputs: Json;
}

/** One execution of one node. */
export class StepResponse {
  /** The node. @example title */
  node_id: string;
  /** The node's id and the indexes of the loops around it. @example send[7] */
  path: string;
  /** Counts from 1. @example 1 */
  attempt: number;
  /** How it ended. */
  @ApiProperty({ enum: stepStatuses })
  status: StepStatus;
  @JsonValue({ description: 'What a node that touches the world was called with; null for others. Never a secret.' })
  inputs: Json;
  @JsonValue({ description: 'The value of the node.' })
  output: Json;
  /** Of a failed attempt: `code`, `message`, and what the other side said. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  error: JsonObject | null;
  /** What it used up, such as tokens of a model. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  usage: JsonObject | null;
  /** When the node began. */
  started_at: Date;
  /** When it came to its end. */
  completed_at: Date;

  static from({ seq: _seq, ...row }: StepRow): StepResponse {
    return Object.assign(new StepResponse(), row, {
      started_at: dateOf(row.started_at),
      completed_at: dateOf(row.completed_at),
    });
  }
}

export class StepPage extends PageOf(StepResponse) {}

function summaryOf(run: RunView): RunSummaryResponse {
  const runId = makePublicId('run', run.runId);
  return {
    run_id: runId,
    thread_id: runId,
    workflow_id: run.workflowUuid && makePublicId('workflow', run.workflowUuid),
    version_number: run.versionNumber,
    status: run.status,
    source: run.source,
    error: run.error,
    error_detail: run.errorDetail,
    waiting_for: run.waitingFor,
    attempt: run.attempt,
    parent_run_id: run.parentRunId && makePublicId('run', run.parentRunId),
    trigger_event_id: run.triggerEventId && makePublicId('event', run.triggerEventId),
    forked_from: run.forkedFrom && makeCheckpointId(run.forkedFrom),
    created_at: run.createdAt,
    started_at: run.startedAt,
    completed_at: run.completedAt,
  };
}
