import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { count } from '../../common/words.js';
import { waitsForReconnect } from '../runs/workflow-run.entity.js';

interface WaitingRow {
  connection_id: string | null;
  runs: number;
  since: string;
  sample: string[];
}

const waiting = `
  select p.value ->> 'connection_id' as connection_id, count(distinct r.run_id)::int as runs, min(r.created_at) as since,
    (array_agg(distinct r.run_id::text))[1:19] as sample
  from (select * from workflow_run where ${waitsForReconnect} order by run_id limit 1000) r
  cross join lateral jsonb_each(r.waiting_for) p
  where p.value ->> 'type' = 'reconnect'
  group by 1 order by since limit ?`;

export const runsWaitForAccount = defineFinding({
  code: 'runs-wait-for-account',
  severity: 'warning',
  title: 'Runs wait for an account to be connected again',
  remedy:
    'Only the owner of the account can help: `GET /v1/integrations/connections/{id}/health` has a link for them, which works in ' +
    'any browser. The runs go on at once; without that they fail when they are 30 days old.',
  async find({ em, most }) {
    const rows = await em.execute<WaitingRow[]>(waiting, [most + 1]);
    return rows.map(({ connection_id: connection, runs, since, sample }) => ({
      summary: `${count(runs, 'run')} ${runs === 1 ? 'waits' : 'wait'} until ${connection ?? 'an account'} is connected again.`,
      since: dateOf(since),
      ids: [...(connection === null ? [] : [connection]), ...sample.map((id) => makePublicId('run', id))],
    }));
  },
});
