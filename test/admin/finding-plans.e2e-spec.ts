import { MikroORM } from '@mikro-orm/postgresql';
import type pg from 'pg';
import { findings } from '../../src/admin/findings/catalogue.js';
import { Findings } from '../../src/admin/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { makePublished } from '../support/factories.js';
import { echoSpec, subscribe } from '../support/triggers.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** Runs and events, of which few are in trouble: what is looked at must not grow with the others. */
const MANY = 30_000;
/** Rows that all checks together may look at; each of them is bounded by itself. */
const MOST_ROWS = 15_000;
const large = ['workflow_run', 'workflow_run_step', 'trigger_event', 'trigger_subscription', 'oauth_connection'];

let seer: TestApp;
let database: pg.Client;

beforeAll(async () => {
  // Nothing is executed, fired or woken while it is looked at.
  seer = await startApp({ SEER_ROLE: 'api' });
  database = await connect(seer.databaseUrl);
  const id = await makePublished(seer.admin, echoSpec);
  await subscribe(seer.admin, id, 'webhook', { verify: { type: 'none' } });
  await seed();
});

afterAll(async () => {
  await database.end();
  await seer.close();
});

async function seed(): Promise<void> {
  const runs = `insert into workflow_run (run_id, user_id, workflow_id, status, source, error, error_detail, waiting_for, wake_at,
    created_at, completed_at)`;
  const uuid = (kind: number) => `('0190b6a0-000${kind}-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  await database.query(`
    ${runs} select ${uuid(0)}, 1, 1, 'COMPLETED', 'MANUAL', null, null, null, null, now(), now()
      from generate_series(1, ${MANY}) n;
    ${runs} select ${uuid(1)}, 1, 1, 'FAILED', 'MANUAL', 'No', json_build_object('code', 'failed', 'node_id', 'a'), null, null, now(), now()
      from generate_series(1, 3000) n;
    ${runs} select ${uuid(2)}, 1, 1, 'WAITING', 'MANUAL', null, null, '{"w":{"type":"reconnect","node_id":"w","connection_id":"conn_x"}}',
        now() - interval '1 hour', now(), null from generate_series(1, 3000) n;
    ${runs} select ${uuid(3)}, 1, 1, 'QUEUED', 'MANUAL', null, null, null, null, now() - interval '1 hour', null
      from generate_series(1, 3000) n;
    ${runs} select ${uuid(7)}, 1, 1, 'FAILED', 'MANUAL', 'No', '{"code":"crash-loop"}', null, null, now(), now()
      from generate_series(1, 30) n;
    insert into workflow_run_step (run_id, path, attempt, seq, node_id, status, started_at, completed_at)
      select run_id, 'a', 1, 1, 'a', 'COMPLETED', now(), now() from workflow_run where status <> 'QUEUED' limit 5000;
    update workflow_run set concurrency_key = 'k', admitted = false, concurrency_limit = 1
      where status = 'QUEUED' and run_id > '0190b6a0-0003-7000-8000-0000000005dc';
    insert into trigger_subscription (subscription_id, user_id, workflow_id, trigger_type, mode, config, revision, enabled, status,
        next_fire_at, fence, failures, silent_since)
      select ${uuid(4)}, 1, 1, 'cron_schedule', 'schedule', '{}', 1, true, case when n % 100 = 0 then 'failing' else 'active' end,
        case when n % 20 = 0 then now() - interval '1 hour' else now() + interval '1 hour' end, 0, 0,
        case when n % 100 = 0 then now() - interval '1 hour' end
      from generate_series(1, 8000) n;
    insert into trigger_event (user_id, event_id, subscription_id, verdict, reason)
      select 1, ${uuid(5)}, 1, case when n % 20 = 0 then 'rejected' else 'accepted' end, 'No' from generate_series(1, ${MANY}) n;
    insert into oauth_connection (connection_id, user_id, provider, provider_account_id, account_label, access_token, scopes, status)
      select ${uuid(6)}, 1, 'acme', n::text, 'ada', 'x', '{}', case when n % 100 = 0 then 'revoked' else 'healthy' end
      from generate_series(1, 5000) n;
    analyze;`);
}

/** The statements of all checks, with the plan by which each was executed. */
async function plansOfChecks(): Promise<{ code: string; plan: Plan }[]> {
  const plans: { code: string; plan: Plan }[] = [];
  for (const { code, find } of findings) {
    const em = seer.app.get(MikroORM).em.fork();
    const execute = em.execute.bind(em);
    em.execute = (async (sql: string, values: unknown[]) => {
      const [row] = await execute<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(
        `explain (analyze, format json) ${sql}`,
        values,
      );
      plans.push({ code, plan: row!['QUERY PLAN'][0]!.Plan });
      return execute(sql, values);
    }) as typeof em.execute;
    await find({ em, most: 20, get: (token) => seer.app.get(token, { strict: false }) });
  }
  return plans;
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

describe('the checks', () => {
  it('find what there is, and say of what there is more', async () => {
    const { items, more } = await seer.app.get(Findings).list();
    const codes = [...new Set(items.map(({ code }) => code))];
    expect(codes).toEqual([
      'connection-dead',
      'runs-without-worker',
      'runs-overdue',
      'crash-loop',
      'subscription-late',
      'runs-held-back',
      'runs-wait-for-account',
      'workflow-failing',
      'trigger-backlog',
      'subscription-silent',
      'subscription-failing',
      'events-refused',
    ]);
    expect(more).toEqual([
      'connection-dead',
      'crash-loop',
      'subscription-late',
      'subscription-silent',
      'subscription-failing',
    ]);
    expect(items.filter(({ code }) => code === 'subscription-late')).toHaveLength(20);
  });

  it('look at a bounded number of rows by indexes, and never through a table', async () => {
    const plans = await plansOfChecks();
    expect(plans.length).toBeGreaterThan(14);
    const looked = plans.flatMap(({ code, plan }) =>
      nodesOf(plan)
        .filter((node) => large.includes(node['Relation Name'] ?? ''))
        .map((node) => ({
          check: [code, node['Node Type'], node['Relation Name']],
          rows: (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
        })),
    );
    expect(looked.filter(({ check }) => check[1] === 'Seq Scan')).toEqual([]);
    expect(looked.filter(({ rows }) => rows > 2_000)).toEqual([]);
    expect(looked.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(MOST_ROWS);
  });
});
