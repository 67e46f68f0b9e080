import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { dateOf } from '../../../common/database/sql-date.js';
import { type Json, type JsonObject } from '../../../common/json.js';
import { type StepStatus } from '../../compiler/run-context.js';
import { type Usage } from '../../nodes/execution.js';
import { type Pause, type PauseAnswer } from '../../nodes/pause.js';
import { type WorkflowRunSource } from '../run-status.js';
import { EventLedger } from './event-ledger.js';
import { type ClaimReport, type ClaimRequest, claimStatement } from './claim-statement.js';
import { type RecordedRun } from './recorded-run.js';
import { tokensOf } from './token-count.js';

/** A run that was claimed from the queue. */
export interface ClaimedRun {
  run_id: string;
  user_id: string;
  workflow_uuid: string | null;
  version_number: number | null;
  version_id: string | null;
  spec_hash: string | null;
  /** Of an ad hoc run. */
  spec: JsonObject | null;
  inputs: Json;
  config: JsonObject | null;
  source: WorkflowRunSource;
  /** As in `Claim`. */
  fence: number;
  tries: number;
  depth: number;
  ran_ms: number;
  concurrency_key: string | null;
  parent_run_id: string | null;
  trigger_event_id: string | null;
  hops: number;
  /** What `trigger` is in it. */
  trigger: Json;
  /** A fork has the steps of the run it began from. */
  is_fork: boolean;
  waiting_for: Record<string, Pause> | null;
  answers: ({ path: string } & PauseAnswer)[] | null;
  /** As raw SQL gives them: see `dateOf`. */
  claimed_at: string;
  created_at: string;
  started_at: string;
}

interface StepOfRun {
  path: string;
  attempt: number;
  status: StepStatus;
  output: Json;
  bytes: number;
  usage: Usage | null;
}

/** What a claim got, and what it left in the queue: nothing, or only runs of users who have no room for them. */
export interface Claimed {
  readonly runs: ClaimedRun[];
  readonly left: 'none' | 'capped' | 'some';
}

/** So often a claim that came away with nothing is tried again at once; later there is the look each second. */
const MOST_CLAIMS = 3;

/** Runs that wait for a free slot: rows of `workflow_run` with status QUEUED, nothing else. */
@Injectable()
export class RunQueue {
  /** The user who had the last turn, by internal id. Each process goes round by itself. */
  private hadTurn = '0';

  constructor(
    private readonly em: EntityManager,
    private readonly ledger: EventLedger,
  ) {}

  /**
   * Claims at most `count` runs; users take turns, each with the oldest run first. Processes that claim at the same time
   * pass each other by.
   */
  async claim(request: Omit<ClaimRequest, 'after'>): Promise<Claimed> {
    for (let tries = 1; ; tries++) {
      const rows = await this.em
        .fork()
        .execute<(ClaimReport & ClaimedRun)[]>(...claimStatement({ ...request, after: this.hadTurn }));
      const { last_user: lastUser, seen, capped } = rows[0]!;
      this.hadTurn = lastUser ?? this.hadTurn;
      const runs = rows.filter(({ run_id: runId }) => runId !== null);
      const isFull = seen === request.count;
      if (runs.length > 0 || !isFull)
        return { runs: await this.withTriggers(runs), left: isFull ? 'some' : capped ? 'capped' : 'none' };
      // All that was seen is another process's by now; there may be more behind it.
      if (tries === MOST_CLAIMS) return { runs, left: 'none' };
    }
  }

  private async withTriggers(runs: ClaimedRun[]): Promise<ClaimedRun[]> {
    const events = runs.flatMap(({ trigger_event_id: eventId, user_id: userId }) =>
      eventId ? [{ eventId, userId }] : [],
    );
    const triggers = await this.ledger.triggersOf(events);
    return runs.map((run) => ({ ...run, trigger: triggers.get(run.trigger_event_id ?? '') ?? null }));
  }

  /** Puts runs into the queue whose waiting is over by itself. @returns how many */
  async wakeDue(limit: number): Promise<number> {
    const { affectedRows } = await this.em.fork().execute<{ affectedRows: number }>(
      `update workflow_run set status = 'QUEUED'
       where status = 'WAITING' and run_id in (
         select run_id from workflow_run where status = 'WAITING' and wake_at <= now()
         order by wake_at limit ? for update skip locked
       )`,
      [limit],
      'run',
    );
    return affectedRows;
  }

  /** What earlier executions of a run have recorded, and what was answered since. */
  async recorded({ run_id: runId, ...claimed }: ClaimedRun): Promise<RecordedRun> {
    const steps = await this.em.fork().execute<StepOfRun[]>(
      `select path, attempt, status, output, usage, octet_length(output::text) as bytes
       from workflow_run_step where run_id = ? order by seq`,
      [runId],
    );
    const answers = claimed.answers ?? [];
    const failed = new Set(steps.filter(({ status }) => status === 'FAILED'));
    return {
      outputs: new Map(
        steps.filter((step) => !failed.has(step)).map(({ path, status, output }) => [path, { status, output }]),
      ),
      attempts: new Map(steps.map(({ path, attempt }) => [path, attempt])),
      failures: countBy([...failed].map(({ path }) => path)),
      seq: steps.length,
      bytes: steps.reduce((sum, { bytes }) => sum + bytes, 0),
      tokens: steps.reduce((sum, { usage }) => sum + tokensOf(usage), 0),
      pauses: new Map(Object.entries(claimed.waiting_for ?? {})),
      answers: new Map(answers.map(({ path, ...answer }) => [path, answer])),
      answered: answers.length,
      claimedAt: dateOf(claimed.claimed_at).getTime(),
    };
  }

  /** The runs that the database thinks this process executes. */
  heldBy(workerId: string): Promise<{ run_id: string; fence: number }[]> {
    return this.em
      .fork()
      .execute(`select run_id, attempt as fence from workflow_run where status = 'RUNNING' and worker_id = ?`, [
        workerId,
      ]);
  }

  /** Puts a run back into the queue that this process has claimed but does not execute. */
  async handBack(runId: string, fence: number, ranMs: number): Promise<void> {
    await this.em.fork().execute(
      `update workflow_run set status = 'QUEUED', worker_id = null, ran_ms = ran_ms + ?
       where run_id = ? and attempt = ? and status = 'RUNNING'`,
      [Math.round(ranMs), runId, fence],
    );
  }
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
