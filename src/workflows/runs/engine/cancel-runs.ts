import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { countEnded } from './run-metrics.js';
import { tellWatchers } from './tell-watchers.js';
import { wakeParents } from './wake-parents.js';

/** Why a child is cancelled that its parent has not waited for. */
export const PARENT_IS_OVER = 'The run that waited for this one is over.';

/**
 * Cancels runs that are not over, and all runs that they have started. One statement and a compare-and-set: a run that
 * completes at the same moment is either COMPLETED or CANCELLED, never both.
 * @param options.where which runs, as a condition on `workflow_run`
 * @returns the uuids of the runs that are CANCELLED now and were not before
 */
export async function cancelRuns(
  em: SqlEntityManager,
  { where, values, error }: { where: string; values: readonly unknown[]; error: string },
): Promise<string[]> {
  const rows = await em.execute<{ run_id: string }[]>(
    `with recursive tree as (
       select run_id from workflow_run where ${where}
       union
       select c.run_id from workflow_run c join tree t on c.parent_run_id = t.run_id
     ), cancelled as (
       update workflow_run r
       set status = 'CANCELLED', completed_at = clock_timestamp(), worker_id = null, waiting_for = null, wake_at = null,
           error = ?, error_detail = '{"code":"cancelled"}'
       from tree where r.run_id = tree.run_id and r.status in ('QUEUED', 'RUNNING', 'WAITING')
       returning r.run_id, r.workflow_id, r.status, r.parent_run_id, r.parent_path
     ), parents as (${wakeParents('cancelled')}), told as (${tellWatchers('cancelled')})
     select run_id from cancelled`,
    [...values, error],
  );
  countEnded('CANCELLED', { code: 'cancelled' }, rows.length);
  return rows.map((row) => row.run_id);
}
