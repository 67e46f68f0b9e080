import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding, MOST_IDS } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { count, list } from '../../common/words.js';
import { ownerName } from '../../users/index.js';

interface HeldBackRow {
  run_id: string;
  since: string;
  most: number;
  waiting: number;
  workflow: string | null;
  owner: string;
  holders: { run_id: string; status: string }[];
}

/** From key to key in the index `workflow_run_held_back`. */
const heldBack = `
  with recursive keys as (
    (select concurrency_key as key from workflow_run where status = 'QUEUED' and not admitted order by 1 limit 1)
    union all
    select n.key from keys k cross join lateral (
      select concurrency_key as key from workflow_run
      where status = 'QUEUED' and not admitted and concurrency_key > k.key order by 1 limit 1
    ) n
  ), chosen as materialized (select key from keys limit 200)
  select oldest.run_id, oldest.created_at as since, oldest.concurrency_limit as most, w.name as workflow,
    ${ownerName} as owner,
    (select count(*)::int from (
      select from workflow_run where concurrency_key = k.key and status = 'QUEUED' and not admitted limit 1000
    ) q) as waiting,
    (select coalesce(json_agg(h), '[]') from (
      select run_id, status from workflow_run
      where concurrency_key = k.key and admitted and status in ('QUEUED', 'RUNNING', 'WAITING') order by run_id limit ${MOST_IDS}
    ) h) as holders
  from chosen k
  cross join lateral (
    select * from workflow_run where concurrency_key = k.key and status = 'QUEUED' and not admitted order by run_id limit 1
  ) oldest
  join "user" u on u.id = oldest.user_id
  left join workflow w on w.id = oldest.workflow_id
  where oldest.created_at < now() - interval '1 minute'
  order by oldest.created_at limit ?`;

export const runsHeldBack = defineFinding({
  code: 'runs-held-back',
  severity: 'warning',
  title: 'Runs wait at the limit of their concurrency key',
  remedy:
    'Look at the runs that hold the places (`GET /v1/admin/runs/{id}`): one that waits for an answer or an account holds its place ' +
    'all the while. End it, or raise `settings.concurrency.limit`.',
  async find({ em, most }) {
    const rows = await em.execute<HeldBackRow[]>(heldBack, [most + 1]);
    return rows.map(({ holders, waiting, owner, ...row }) => {
      const held = holders.slice(0, 3).map(({ run_id: id, status }) => `${makePublicId('run', id)} (${status})`);
      const why = held.length > 0 ? `held by ${list(held)}` : 'free, and nobody gives it to them';
      return {
        summary: `${count(waiting, 'run')} of ${row.workflow ?? 'a spec'} of ${owner} ${waiting === 1 ? 'waits' : 'wait'} at a limit of ${row.most}: the place is ${why}.`,
        since: dateOf(row.since),
        ids: [row.run_id, ...holders.map(({ run_id: id }) => id)].map((id) => makePublicId('run', id)),
      };
    });
  },
});
