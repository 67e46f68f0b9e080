import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { ownerName } from '../../users/index.js';

interface PoisonedRow {
  run_id: string;
  completed_at: string;
  crashes: number;
  workflow: string | null;
  workflow_uuid: string | null;
  owner: string;
  next_to: string | null;
}

/** The last step that was recorded tells where the processes died. */
const poisoned = `
  select r.run_id, r.completed_at, r.crashes, w.name as workflow, w.workflow_id as workflow_uuid,
    ${ownerName} as owner,
    (select path from workflow_run_step s where s.run_id = r.run_id order by seq desc limit 1) as next_to
  from (
    select * from workflow_run
    where status in ('FAILED', 'CANCELLED') and error_detail ->> 'code' = 'crash-loop' order by run_id desc limit ?
  ) r
  join "user" u on u.id = r.user_id
  left join workflow w on w.id = r.workflow_id
  where r.completed_at > now() - interval '7 days'
  order by r.completed_at desc`;

export const crashLoop = defineFinding({
  code: 'crash-loop',
  severity: 'error',
  title: 'A run brought down process after process',
  remedy:
    'Do not retry it as it is. Look at what the processes said last and how much memory they had: a node that makes more of its ' +
    'input than fits brings down whoever executes it. The run with its steps is in `GET /v1/admin/runs/{id}`.',
  async find({ em, most }) {
    const rows = await em.execute<PoisonedRow[]>(poisoned, [most + 1]);
    return rows.map((row) => ({
      summary:
        `The process that executed a run of ${row.workflow ?? 'a spec'} of ${row.owner} died ${row.crashes} times, ` +
        `${row.next_to === null ? 'before its first step' : `the last time after ${row.next_to}`}; it is not tried again.`,
      since: dateOf(row.completed_at),
      ids: [
        makePublicId('run', row.run_id),
        ...(row.workflow_uuid === null ? [] : [makePublicId('workflow', row.workflow_uuid)]),
      ],
    }));
  },
});
