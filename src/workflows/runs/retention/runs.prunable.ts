import { firstUuidAt, LAST_UUID } from '../../../common/database/sql-uuid.js';
import { cutoff, type Prunable, type Retention } from '../../../common/retention/prunable.js';

/** Runs that one statement looks at, and rows (runs and steps) that it deletes at most, unless one run has more. */
const WINDOW = 250;
const MOST_ROWS = 2_000;

/**
 * Looks at runs from the youngest that may be old enough down: ids rise with time, so it needs no index of its own, and a run
 * comes before the one that started it. Which runs go:
 * - it is over, for as long as its status says;
 * - no run that it started is left: a living one needs it, and a foreign key would take the others with it;
 * - the run that started it is over: until then that may have to read what it gave.
 */
const window = `
  with given as (select ?::uuid as below, ?::timestamptz as youngest),
  times (status, before) as (
    values ('COMPLETED', ?::timestamptz), ('FAILED', ?::timestamptz), ('CANCELLED', ?::timestamptz)
  ),
  seen as (
    select r.* from given g cross join lateral (
      select run_id, status, completed_at, parent_run_id from workflow_run
      where run_id < least(g.below, ${firstUuidAt(`g.youngest + interval '1 minute'`)}) order by run_id desc limit ${WINDOW}
    ) r
  ),
  old as (
    select s.run_id, sum(1 + n.steps) over (order by s.run_id desc) as rows, row_number() over (order by s.run_id desc) as place
    from seen s join times t on t.status = s.status and s.completed_at < t.before
    cross join lateral (select count(*) as steps from workflow_run_step where run_id = s.run_id) n
    where not exists (select from workflow_run c where c.parent_run_id = s.run_id)
      and not exists (
        select from workflow_run p where p.run_id = s.parent_run_id and p.status in ('QUEUED', 'RUNNING', 'WAITING')
      )
  ),
  chosen as (select run_id, rows from old where rows <= ${MOST_ROWS} or place = 1),
  locked as (
    select run_id from workflow_run where run_id = any(array(select run_id from chosen)) for update skip locked
  ),
  deleted as (
    delete from workflow_run where run_id = any(array(select run_id from locked)) returning 1
  )
  select (select count(*) from deleted)::int as runs, (select count(*) from seen)::int as seen,
    (select count(*) from chosen) < (select count(*) from old) as is_cut,
    (select min(run_id::text) from chosen) as last_chosen, (select min(run_id::text) from seen) as last_seen`;

interface WindowRow {
  runs: number;
  seen: number;
  is_cut: boolean;
  /** uuids. */
  last_chosen: string | null;
  last_seen: string | null;
}

/** Runs that have been over for long, with their steps. */
export const prunableRuns: Prunable = {
  name: 'runs',
  rules: ({ completed, failed, cancelled }) =>
    Object.entries({ completed, failed, cancelled }).map(([status, keep]) => ({
      what: `runs.${status}`,
      keep,
      table: 'workflow_run',
      over: `status = '${status.toUpperCase()}' and completed_at < ?`,
    })),
  async *prune(em, retention) {
    const { times, youngest } = timesOf(retention);
    if (!youngest) return;
    let below: string | null = LAST_UUID;
    for (let isMore = true; isMore;) {
      const [row]: [WindowRow] = await em.execute<[WindowRow]>(window, [below, youngest, ...times]);
      below = row.is_cut ? row.last_chosen : row.last_seen;
      isMore = row.is_cut || row.seen === WINDOW;
      yield row.runs;
    }
  },
};

function timesOf({ completed, failed, cancelled }: Retention) {
  const times = [completed, failed, cancelled].map(cutoff);
  const known = times.filter((time) => time !== null).map(Number);
  return { times, youngest: known.length === 0 ? undefined : new Date(Math.max(...known)) };
}
