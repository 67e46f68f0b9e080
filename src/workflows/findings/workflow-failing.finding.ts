import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { FIRST_UUID, LAST_UUID } from '../../common/database/sql-uuid.js';
import { makePublicId } from '../../common/public-id.js';
import { ownerName } from '../../users/index.js';
import { eachSource } from '../runs/run-status.js';

/** So many runs in a row are no accident. */
const IN_A_ROW = 5;

interface FailingRow {
  workflow_id: string;
  name: string;
  owner: string;
  since: string;
  code: string | null;
  node_id: string | null;
  error: string | null;
  sample: string[];
}

/**
 * Workflows that are among the last 1,000 failures, and whose last runs have all failed. Each is seen by its index; of the
 * failures the one that came most often is told.
 */
const failing = `
  with candidates as (
    select distinct workflow_id from (
      select workflow_id from workflow_run where status = 'FAILED' order by run_id desc limit 1000
    ) failures where workflow_id is not null
  )
  select w.workflow_id, w.name, ${ownerName} as owner, l.since, l.code, l.node_id, l.error, l.sample
  from candidates c
  join workflow w on w.id = c.workflow_id
  join "user" u on u.id = w.user_id
  cross join lateral (
    select min(completed_at) as since, count(*) filter (where status = 'FAILED') as failures,
      mode() within group (order by error_detail ->> 'code') as code,
      mode() within group (order by error_detail ->> 'node_id') as node_id,
      (array_agg(error order by run_id desc))[1] as error, array_agg(run_id::text order by run_id desc) as sample
    from (
      select * from (
        select of_source.* from ${eachSource} cross join lateral (
          select run_id, status, completed_at, error, error_detail from workflow_run r
          -- All columns of the index, so that no other one can serve it: newest-rows.ts.
          where (r.workflow_id, r.source, r.run_id) >= (c.workflow_id, origin.source, '${FIRST_UUID}')
            and (r.workflow_id, r.source, r.run_id) <= (c.workflow_id, origin.source, '${LAST_UUID}')
          order by r.workflow_id desc, r.source desc, r.run_id desc limit 100
        ) of_source
        order by run_id desc limit 100
      ) newest where completed_at is not null order by run_id desc limit ${IN_A_ROW}
    ) recent
  ) l
  where l.failures = ${IN_A_ROW}
  order by l.since desc limit ?`;

export const workflowFailing = defineFinding({
  code: 'workflow-failing',
  severity: 'warning',
  title: 'All runs of a workflow fail',
  remedy:
    'The page of its error code (`/problems/<code>`) says what it means, and `GET /v1/admin/runs/{id}` explains one of the runs. ' +
    'Its owner mends the workflow, the account or the resource; a retry keeps what was done.',
  async find({ em, most }) {
    const rows = await em.execute<FailingRow[]>(failing, [most + 1]);
    return rows.map(({ workflow_id: uuid, name, owner, since, code, node_id: nodeId, error, sample }) => ({
      summary:
        `The last ${IN_A_ROW} runs of ${name} of ${owner} failed, most often with ${code ?? 'no code'}` +
        `${nodeId === null ? '' : ` at ${nodeId}`}; the last one said: ${error ?? 'nothing'}`,
      since: dateOf(since),
      ids: [makePublicId('workflow', uuid), ...sample.map((id) => makePublicId('run', id))],
    }));
  },
});
