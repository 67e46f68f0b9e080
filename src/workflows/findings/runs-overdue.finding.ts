import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding, MOST_IDS } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { count } from '../../common/words.js';

interface OverdueRow {
  runs: number;
  since: string | null;
  sample: string[] | null;
  is_worked: boolean;
}

const overdue = `
  select count(*)::int as runs, min(wake_at) as since, (array_agg(run_id::text order by wake_at))[1:${MOST_IDS}] as sample,
    exists (select from run_worker where lease_until > now()) as is_worked
  from (
    select run_id, wake_at from workflow_run
    where status = 'WAITING' and wake_at < now() - interval '1 minute' order by wake_at limit 1000
  ) r`;

export const runsOverdue = defineFinding({
  code: 'runs-overdue',
  severity: 'error',
  title: 'Runs wait past their time',
  remedy:
    'Processes that execute runs wake them each second: start one if none is alive, else look at their logs. The runs go on as ' +
    'soon as that works.',
  async find({ em }) {
    const [{ runs, since, sample, is_worked: isWorked }] = await em.execute<[OverdueRow]>(overdue);
    if (since === null) return [];
    const why = isWorked ? 'although processes that should are alive' : 'as no process that executes runs is alive';
    return [
      {
        summary: `The time that ${count(runs, 'run')} waited for, or until which an answer was to come, is past, and nobody wakes them, ${why}.`,
        since: dateOf(since),
        ids: (sample ?? []).map((id) => makePublicId('run', id)),
      },
    ];
  },
});
