import { ApiProperty } from '@nestjs/swagger';
import { JsonValue } from '../../common/http/validation/json-field.js';
import { type Json } from '../../common/json.js';
import { runSources, runStatuses, type WorkflowRunSource, type WorkflowRunStatus } from '../runs/run-status.js';

/** Why the run started. */
export class StartExplanation {
  /** In one sentence. @example It was started by hand by ada@example.com, to run version 3 of wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b. */
  summary: string;
  @ApiProperty({ enum: runSources })
  source: WorkflowRunSource;
  /** Whose run it is: the subject at the identity provider. @example user_2abc */
  user_id: string;
  /** @example ada@example.com */
  email: string;
  /** Null: an ad hoc run. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string | null;
  /** @example 3 */
  version_number: number | null;
  /** The run whose `workflow` node started it. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  parent_run_id: string | null;
  /** Where it began, of a fork or a retry. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b:3 */
  forked_from: string | null;
  /** 1, and one more for each retry that led to it. @example 1 */
  tries: number;
  created_at: Date;
}

/** Where the run is. */
export class PositionExplanation {
  /** In one sentence. @example It is executed, with 2 steps recorded; title is next or under way. */
  summary: string;
  @ApiProperty({ enum: runStatuses })
  status: WorkflowRunStatus;
  /** How many steps came to their end. @example 2 */
  steps: number;
  /** Nodes that come next, or are under way. @example ["title"] */
  next: string[];
  /** How often it was taken up by a process. @example 1 */
  attempt: number;
  /** How often the process that executed it died. @example 0 */
  crashes: number;
  /** Of a RUNNING run: whether the process that executes it lives. If not, another one takes the run over within 30 s. */
  worker_alive: boolean | null;
  /** Of a QUEUED run: how many runs of the same user are before it, 1,000 at most. @example 4 */
  queued_before: number | null;
}

/** One thing that the run waits for. */
export class WaitExplanation {
  /** In one sentence. @example ok waits for an approval: "Refund order 7?", until 2026-11-24T10:00:00.000Z. */
  summary: string;
  /** @example approval */
  type: string;
  /** @example ok */
  node_id: string;
  /** @example ok */
  path: string;
  /** When the waiting is over by itself; null if it is not. @example 2026-11-24T10:00:00.000Z */
  until: string | null;
}

/** Why the run failed, or was cancelled. */
export class FailureExplanation {
  /** In one sentence. @example It failed at the node todo with upstream-error: the server answered 503. */
  summary: string;
  /** Stable, for programs. @example upstream-error */
  code: string;
  /** What the code means. @example The other side failed */
  title: string;
  /** What happened and what to do, as on the page of the code; null if it has none. */
  explanation: string | null;
  /** The page of the code; null if it has none. @example /problems/upstream-error */
  page: string | null;
  /** What it said. @example the server answered 503 */
  message: string;
  /** Null when the run failed as a whole. @example todo */
  node_id: string | null;
  /** The node's id and the indexes of the loops around it; null when the run failed as a whole. @example todo */
  path: string | null;
  /** Which attempt of the node it was, from 1; null when the run failed as a whole. @example 1 */
  attempt: number | null;
  @JsonValue({ description: 'What the other side answered, where there was one.' })
  problem: Json;
}

/** What a retry would do. */
export class RetryExplanation {
  /** In one sentence. @example A retry would keep 2 steps and go on with todo, which writes. */
  summary: string;
  /** Whether the run can be retried. */
  possible: boolean;
  /** How many steps it would keep. @example 2 */
  kept_steps: number;
  /** The nodes of these steps. @example ["first","second"] */
  kept_nodes: string[];
  /** The nodes that would run next. @example ["todo"] */
  next: string[];
  /** Those among them that change something in the world. @example ["todo"] */
  next_writes: string[];
}

/** A run in words. */
export class RunExplanationResponse {
  /** @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  run_id: string;
  /** All there is to say, sentence by sentence. */
  summary: string[];
  start: StartExplanation;
  position: PositionExplanation;
  /** What a WAITING run waits for. */
  waiting: WaitExplanation[];
  @ApiProperty({ type: FailureExplanation, nullable: true })
  failure: FailureExplanation | null;
  retry: RetryExplanation;
}
