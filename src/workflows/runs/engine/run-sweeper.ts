import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { advisoryLocks } from '../../../common/database/advisory-locks.js';
import { retryDeadlocks } from '../../../common/database/deadlocks.js';
import { cancelRuns, PARENT_IS_OVER } from './cancel-runs.js';
import { tellWatchers } from './tell-watchers.js';
import { wakeParents } from './wake-parents.js';

/** A run whose process has died this often is not tried again. */
const MOST_CRASHES = 5;
const BATCH = 1_000;

const crashLoop = `The process that executed this run died ${MOST_CRASHES} times, so it is not tried again.`;

/**
 * One statement, lock and all: a process that froze between the statements of a transaction would keep everybody else
 * from sweeping for as long as it is frozen.
 */
const sweep = `
  with turn as materialized (
    select pg_try_advisory_xact_lock(?) as is_mine
  ), orphans as (
    select r.run_id, r.worker_id from workflow_run r
    where (select is_mine from turn) and r.status = 'RUNNING' and not exists (
      select from run_worker w where w.worker_id = r.worker_id and w.lease_until > now()
    )
    limit ? for update of r skip locked
  ), swept as (
    update workflow_run r
    set crashes = r.crashes + 1,
        worker_id = null,
        status = case when r.crashes + 1 < ${MOST_CRASHES} then 'QUEUED' else 'FAILED' end,
        error = case when r.crashes + 1 < ${MOST_CRASHES} then null else ? end,
        error_detail = case when r.crashes + 1 < ${MOST_CRASHES} then null else '{"code":"crash-loop"}'::json end,
        completed_at = case when r.crashes + 1 < ${MOST_CRASHES} then null else clock_timestamp() end,
        waiting_for = case when r.crashes + 1 < ${MOST_CRASHES} then r.waiting_for end
    from orphans o where r.run_id = o.run_id
    returning r.run_id, r.workflow_id, r.status, r.parent_run_id, r.parent_path
  ), noted as (
    update run_worker w set runs_lost = w.runs_lost + l.runs
    from (select worker_id, count(*) as runs from orphans group by worker_id) l where w.worker_id = l.worker_id
  ), ended as (
    select * from swept where status = 'FAILED'
  ), parents as (${wakeParents('ended')}), told as (${tellWatchers('ended')})
  select run_id, status from swept`;

const isOrphan = `parent_run_id is not null and status in ('QUEUED', 'RUNNING', 'WAITING') and exists (
  select from workflow_run p
  where p.run_id = workflow_run.parent_run_id and p.status in ('COMPLETED', 'FAILED', 'CANCELLED')
)`;

/** Takes runs from processes that no longer say that they live, and ends those that nobody waits for. */
@Injectable()
export class RunSweeper {
  constructor(private readonly em: EntityManager) {}

  /**
   * Puts the runs of dead processes back into the queue, one process at a time; a run that has brought down process after
   * process ends FAILED. Whoever still executes one of them can't write any more: its claim is over.
   * @returns the runs that it took, and what they are now
   */
  async sweep(): Promise<{ run_id: string; status: 'QUEUED' | 'FAILED' }[]> {
    return this.em.fork().execute(sweep, [advisoryLocks.runSweep, BATCH, crashLoop]);
  }

  /**
   * Cancels runs whose parents are over: a process that dies between the two, or that starts a child while its run is cancelled
   * elsewhere, leaves such ones.
   * @returns their uuids
   */
  async cancelOrphans(): Promise<string[]> {
    const orphans = { where: isOrphan, values: [], error: PARENT_IS_OVER };
    return retryDeadlocks(() => cancelRuns(this.em.fork(), orphans));
  }

  /** Forgets processes that are gone for a day. */
  async forgetDead(): Promise<void> {
    await this.em.fork().execute(`delete from run_worker where lease_until < now() - interval '1 day'`);
  }
}
