import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Json, type JsonObject } from '../../../common/json.js';
import { type WorkflowRunSource } from '../run-status.js';
import { type RecordedSteps } from './run-journal.js';

/** A run that was claimed from the queue. */
export interface ClaimedRun {
  run_id: string;
  workflow_uuid: string | null;
  version_number: number | null;
  version_id: string | null;
  spec_hash: string | null;
  /** Of an ad hoc run. */
  spec: JsonObject | null;
  inputs: Json;
  source: WorkflowRunSource;
  attempt: number;
  /** As raw SQL gives it: see `dateOf`. */
  started_at: string;
}

/** Runs that wait for a free slot: rows of `workflow_run` with status QUEUED, nothing else. */
@Injectable()
export class RunQueue {
  constructor(private readonly em: EntityManager) {}

  /** Claims at most `count` runs, the oldest first; processes that claim at the same time pass each other by. */
  claim(count: number, workerId: string): Promise<ClaimedRun[]> {
    return this.em.fork().execute<ClaimedRun[]>(
      `with claimed as (
         update workflow_run set status = 'RUNNING', attempt = attempt + 1, worker_id = ?,
           started_at = coalesce(started_at, now())
         where status = 'QUEUED' and run_id in (
           select run_id from workflow_run where status = 'QUEUED' order by run_id limit ? for update skip locked
         )
         returning run_id, workflow_id, workflow_version_id, spec, inputs, source, attempt, started_at
       )
       select c.run_id, w.workflow_id as workflow_uuid, v.version_number, c.workflow_version_id as version_id,
         v.spec_hash, c.spec, c.inputs, c.source, c.attempt, c.started_at
       from claimed c
       left join workflow w on w.id = c.workflow_id
       left join workflow_version v on v.id = c.workflow_version_id
       order by c.run_id`,
      [workerId, count],
    );
  }

  /** What earlier attempts at a run have recorded. */
  async recordedSteps(runId: string): Promise<RecordedSteps> {
    const rows = await this.em
      .fork()
      .execute<{ path: string; attempt: number; status: string; output: Json }[]>(
        'select path, attempt, status, output from workflow_run_step where run_id = ? order by path, attempt',
        [runId],
      );
    return {
      outputs: new Map(rows.filter(({ status }) => status !== 'FAILED').map(({ path, output }) => [path, { output }])),
      attempts: new Map(rows.map(({ path, attempt }) => [path, attempt])),
    };
  }
}
