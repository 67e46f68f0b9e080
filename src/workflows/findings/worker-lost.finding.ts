import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { count } from '../../common/words.js';

interface LostRow {
  name: string | null;
  lease_until: string | null;
  runs_lost: number;
  held: number;
}

/** Runs under way are few: no more than there are slots. */
const lost = `
  with held as (
    select worker_id, count(*)::int as runs from workflow_run where status = 'RUNNING' group by worker_id
  )
  select w.name, w.lease_until, coalesce(w.runs_lost, 0) as runs_lost, coalesce(h.runs, 0) as held
  from run_worker w full join held h on h.worker_id = w.worker_id
  where (w.lease_until is null or w.lease_until <= now()) and (h.runs > 0 or w.runs_lost > 0)
  order by w.lease_until desc nulls first limit ?`;

export const workerLost = defineFinding({
  code: 'worker-lost',
  severity: 'error',
  title: 'A process died while it executed runs',
  remedy:
    'Its runs go on in another process within 30 seconds; start one if there is none. Look why it died: killed for its memory, ' +
    'its machine gone, or frozen for longer than 12 seconds. A process that is stopped with SIGTERM hands its runs over.',
  async find({ em, most }) {
    const rows = await em.execute<LostRow[]>(lost, [most + 1]);
    return rows.map((row) => ({
      summary:
        `Nothing is heard of the process ${row.name ?? 'whose entry is gone'}, and its lease is over. ` +
        `${count(row.runs_lost, 'run')} of it ${row.runs_lost === 1 ? 'was' : 'were'} taken from it; ` +
        `${count(row.held, 'run')} still ${row.held === 1 ? 'waits' : 'wait'} for that.`,
      since: dateOf(row.lease_until),
      ids: row.name === null ? [] : [row.name],
    }));
  },
});
