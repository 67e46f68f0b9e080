import { bareJob } from '../support/bare-job.js';

export const durable5Dbos = bareJob({
  name: 'durable-5-dbos',
  about: 'the same five steps on DBOS Transact behind bare node:http',
  script: 'bench/durable-5-dbos-server.js',
  saved: `select count(*)::int as runs, (count(*) filter (where steps = 5))::int as whole
          from (
            select (select count(*) from dbos.operation_outputs o where o.workflow_uuid = w.workflow_uuid) as steps
            from dbos.workflow_status w where status = 'SUCCESS'
          ) completed`,
});
