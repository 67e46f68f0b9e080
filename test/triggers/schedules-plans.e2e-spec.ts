import type pg from 'pg';
import { lockDue, nextDue, readDue, setNext } from '../../src/triggers/schedules/due-schedules.js';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { schedule } from '../support/schedules.js';

const SUBSCRIPTIONS = 100_000;

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Plan[];
}

describe('with 100,000 schedules', () => {
  let seer: TestApp;
  let database: pg.Client;

  beforeAll(async () => {
    // It serves requests only: nothing fires but what a test looks at.
    seer = await startApp({ SEER_ROLE: 'api' });
    database = await connect(seer.databaseUrl);
    for (let n = 0; n < 10; n++) await schedule(seer.admin);
    await database.query(
      `insert into trigger_subscription (subscription_id, user_id, workflow_id, trigger_type, mode, config, revision, enabled,
         status, fence, failures, next_fire_at)
       select gen_random_uuid(), user_id, workflow_id, trigger_type, mode, config, 1, true, status, 0, 0,
         now() + interval '1 day' + n * interval '1 second'
       from trigger_subscription, generate_series(1, $1) n`,
      [SUBSCRIPTIONS / 10],
    );
  });
  afterAll(async () => {
    await database.end();
    await seer.close();
  });

  /** All nodes of the plan of a statement, as it was executed; nothing of it stays. */
  async function planOf(text: string, values: readonly unknown[]): Promise<Plan[]> {
    let parameter = 0;
    const numbered = text.replaceAll('?', () => `$${++parameter}`);
    await database.query('begin');
    const { rows } = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, format json) ${numbered}`,
      [...values],
    );
    await database.query('rollback');
    const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
    return nodes(rows[0]!['QUERY PLAN'][0].Plan);
  }

  /** By which indexes subscriptions were read (`none`: by going through all of them), and the most rows that a step gave. */
  function reads(plan: readonly Plan[]): { by: string[]; rows: number } {
    const scans = plan.filter(({ 'Node Type': type }) => type.endsWith('Scan'));
    const own = scans.filter(
      ({ 'Node Type': type, 'Relation Name': table, 'Index Name': index }) =>
        index?.startsWith('trigger_subscription') || (table === 'trigger_subscription' && type === 'Seq Scan'),
    );
    return {
      by: [...new Set(own.map(({ 'Index Name': index = 'none' }) => index))],
      rows: Math.max(...own.map((node) => node['Actual Rows'] * node['Actual Loops'])),
    };
  }

  describe.each([
    // A plan that sorts what is due reads all of it, and what was there before as well.
    { when: 'before they are counted', isCounted: false, most: 1_000 },
    { when: 'when they are counted', isCounted: true, most: 200 },
  ])('$when', ({ isCounted, most }) => {
    beforeAll(async () => {
      await database.query(`update trigger_subscription set next_fire_at = now() + interval '1 day'`);
      if (isCounted) await database.query('vacuum analyze');
    });

    it('looks at one of them to see that none is due', async () => {
      expect(reads(await planOf(nextDue.text, []))).toEqual({ by: ['trigger_subscription_due'], rows: 1 });
      expect(reads(await planOf(lockDue(), [200]))).toEqual({ by: ['trigger_subscription_due'], rows: 0 });
    });

    it('reads no more of them than are due', async () => {
      const { rows } = await database.query<{ id: string }>(
        `update trigger_subscription set next_fire_at = now() where id in (
           select id from trigger_subscription order by id limit 300) returning id`,
      );
      const some = rows.slice(0, 200).map(({ id }) => id);
      const next = some.map((id) => ({ id, next_fire_at: new Date() }));
      const found = [
        { read: reads(await planOf(lockDue(), [200])), index: 'trigger_subscription_due' },
        { read: reads(await planOf(readDue, [JSON.stringify(some)])), index: 'trigger_subscription_pkey' },
        { read: reads(await planOf(setNext, [JSON.stringify(next)])), index: 'trigger_subscription_pkey' },
      ];
      for (const { read, index } of found) {
        expect(read.by).toEqual([index]);
        expect(read.rows).toBeLessThanOrEqual(most);
      }
    });
  });
});
