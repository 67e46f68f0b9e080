import { type EntityManager } from '@mikro-orm/postgresql';
import { dateOf } from '../../common/database/sql-date.js';
import { Environment } from '../../common/config/environment.js';
import { type FindingContext } from '../../common/findings/define-finding.js';
import { ownerName } from '../../users/index.js';
import { isQueued, stepFromUserToUser } from '../runs/engine/queue-walk.js';

/** A user whose runs have waited for a free slot for too long. */
export interface QueuedUser {
  readonly name: string;
  /** uuid of the one that has waited longest. */
  readonly runId: string;
  readonly since: Date;
  /** No more than 1,000 are counted. */
  readonly queued: number;
  readonly running: number;
}

/** How things stand for those that wait. */
export interface QueueState {
  readonly users: readonly QueuedUser[];
  readonly workers: number;
  readonly running: number;
  /** If all processes have the same settings as this one. */
  readonly slots: number;
  readonly slotsPerUser: number;
}

/** Of each user who has queued runs, the oldest ones. */
const queued = `
  with recursive users as (${stepFromUserToUser('users')}),
  chosen as materialized (select user_id from users limit 200),
  running as materialized (
    select user_id, count(*)::int as runs from workflow_run where status = 'RUNNING' group by user_id
  )
  select ${ownerName} as name, oldest.run_id, oldest.since,
    coalesce((select runs from running r where r.user_id = u.id), 0) as running,
    (select count(*)::int from (
      select from workflow_run where ${isQueued} and user_id = u.id limit 1000
    ) q) as queued
  from chosen c join "user" u on u.id = c.user_id
  cross join lateral (
    -- A run that has waited for something was made long before it was queued again.
    select run_id, greatest(created_at, started_at, case when wake_at <= now() then wake_at end,
      (answers -> -1 ->> 'at')::timestamptz) as since
    from (
      select * from workflow_run where ${isQueued} and user_id = u.id
      order by run_id limit 10
    ) first order by since limit 1
  ) oldest
  where oldest.since < now() - interval '1 minute'
  order by oldest.since`;

/** Who waits for a slot, and how many there are. */
export async function queueState({ em, get }: Pick<FindingContext, 'em' | 'get'>): Promise<QueueState> {
  const { runSlots, runSlotsPerUser } = get(Environment);
  const users = await queuedUsers(em);
  const [{ workers, running }] = await em.execute<[{ workers: number; running: number }]>(
    `select (select count(*)::int from run_worker where lease_until > now()) as workers,
       (select count(*)::int from workflow_run where status = 'RUNNING') as running`,
  );
  return { users, workers, running, slots: workers * runSlots, slotsPerUser: workers * runSlotsPerUser };
}

async function queuedUsers(em: EntityManager): Promise<QueuedUser[]> {
  const rows =
    await em.execute<{ name: string; run_id: string; since: string; running: number; queued: number }[]>(queued);
  return rows.map(({ run_id: runId, since, ...row }) => ({ ...row, runId, since: dateOf(since) }));
}
