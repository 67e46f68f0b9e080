import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type HotRead, HotReads } from '../../../common/database/hot-reads.js';
import { type Json, type JsonObject } from '../../../common/json.js';
import { type WorkflowRunSource, type WorkflowRunStatus } from '../run-status.js';

/** A run that has ended. */
export interface EndedRun {
  /** uuids. */
  readonly run_id: string;
  readonly workflow_uuid: string;
  /** Internal ids. */
  readonly workflow_id: string;
  readonly user_id: string;
  readonly version_number: number | null;
  readonly status: WorkflowRunStatus;
  readonly source: WorkflowRunSource;
  readonly outputs: Json;
  readonly error: string | null;
  readonly error_detail: JsonObject | null;
  readonly hops: number;
  /** As raw SQL gives them: see `dateOf`. */
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string;
}

const anyEnding: HotRead = { name: 'any-ending', text: 'select exists (select from workflow_run_ending) as is_any' };

const take = `
  with taken as (
    delete from workflow_run_ending where run_id in (
      select run_id from workflow_run_ending order by run_id limit ? for update skip locked
    )
    returning run_id
  )
  select r.run_id, w.workflow_id as workflow_uuid, r.workflow_id, r.user_id, v.version_number, r.status, r.source, r.outputs,
    r.error, r.error_detail, r.hops, r.created_at, r.started_at, r.completed_at
  from taken t join workflow_run r on r.run_id = t.run_id
  join workflow w on w.id = r.workflow_id
  left join workflow_version v on v.id = r.workflow_version_id
  order by r.completed_at, r.run_id`;

/** Runs of watched workflows that have ended. */
@Injectable()
export class RunEndings {
  constructor(private readonly reads: HotReads) {}

  /** Whether there is word of any: cheaper than a transaction that finds none. */
  async areThere(): Promise<boolean> {
    const [row] = await this.reads.rows<{ is_any: boolean }>(anyEnding, []);
    return row!.is_any;
  }

  /** From now on each end of a run of this workflow (internal id) is kept until it is taken. @param watchId uuid */
  async watch(em: SqlEntityManager, watchId: string, workflowId: string): Promise<void> {
    await em.execute(
      `insert into workflow_watch (watch_id, workflow_id) values (?, ?)
       on conflict (watch_id) do update set workflow_id = excluded.workflow_id`,
      [watchId, workflowId],
    );
  }

  async unwatch(em: SqlEntityManager, watchId: string): Promise<void> {
    await em.execute('delete from workflow_watch where watch_id = ?', [watchId]);
  }

  /** Takes word of at most so many ends, in the caller's transaction: they are gone when it commits. */
  take(em: SqlEntityManager, most: number): Promise<EndedRun[]> {
    return em.execute<EndedRun[]>(take, [most]);
  }
}
