import { defineCheck, ok, warn } from './define-check.js';

export const runs = defineCheck({
  name: 'runs',
  needsDatabase: true,
  async look({ client }) {
    const { rows: tables } = await client.query<{ there: boolean }>(
      `select to_regclass('public.run_worker') is not null as there`,
    );
    if (!tables[0]!.there) return ok('There are none yet.');
    const { rows } = await client.query<{ workers: number; queued: number; lost: number }>(
      `select (select count(*)::int from run_worker where lease_until > now()) as workers,
              (select count(*)::int from workflow_run
                where status = 'QUEUED' and created_at < now() - interval '1 minute') as queued,
              (select count(*)::int from workflow_run r left join run_worker w on w.worker_id = r.worker_id
                where r.status = 'RUNNING' and coalesce(w.lease_until, r.created_at) < now() - interval '1 minute') as lost`,
    );
    const { workers, queued, lost } = rows[0]!;
    if (workers > 0 && lost > 0) {
      return warn(
        `${lost} runs belong to processes that are gone, and none has taken them.`,
        'Look into the logs of the workers.',
      );
    }
    if (workers === 0 && queued + lost > 0) {
      return warn(
        `${queued + lost} runs wait, and no process executes runs.`,
        'Start one with SEER_ROLE worker or all.',
      );
    }
    return ok(`${workers} processes execute runs, ${queued} runs have waited for more than a minute.`);
  },
});
