import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { makePublished } from '../support/factories.js';
import { untilOver } from '../support/runs.js';
import { echoSpec, pathOf, subscribe, subscribeEcho } from '../support/triggers.js';

const open = { verify: { type: 'none' } };

/** Copies of one delivery that come at once, and how often that is tried. */
const COPIES = 100;
const TIMES = 100;

describe('copies of one delivery', () => {
  let seer: TestApp;
  let other: TestApp;
  let database: pg.Client;

  beforeAll(async () => {
    seer = await startApp();
    other = await startApp({}, seer.databaseUrl);
    database = await connect(seer.databaseUrl);
  });
  afterAll(async () => {
    await database.end();
    await other.close();
    await seer.close();
  });

  /** Past the client that checks each answer against the document: that would take longer than all else. */
  async function deliver(url: string, path: string, body: string): Promise<{ verdict: string; run_id: string }> {
    const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as { verdict: string; run_id: string };
  }

  it('start one run, in whatever processes they come', async () => {
    const { webhook_url: url, subscription_id: id } = await subscribeEcho(seer.admin, 'webhook', open);
    const path = pathOf(url);
    for (let time = 0; time < TIMES; time++) {
      const body = JSON.stringify({ time });
      const answers = await Promise.all(
        Array.from({ length: COPIES }, (_, copy) => deliver(copy % 2 === 0 ? seer.url : other.url, path, body)),
      );
      const accepted = answers.filter(({ verdict }) => verdict === 'accepted');
      expect(accepted).toHaveLength(1);
      expect(answers.filter(({ verdict }) => verdict === 'duplicate')).toHaveLength(COPIES - 1);
      expect(new Set(answers.map(({ run_id: runId }) => runId))).toEqual(new Set([accepted[0]!.run_id]));
    }
    const counts = await database.query<{ verdict: string; count: number }>(
      `select e.verdict, count(*)::int from trigger_event e join trigger_subscription s on s.id = e.subscription_id
       where 'sub_' || s.subscription_id = $1 group by 1 order by 1`,
      [id],
    );
    expect(counts.rows).toEqual([
      { verdict: 'accepted', count: TIMES },
      { verdict: 'duplicate', count: TIMES * (COPIES - 1) },
    ]);
    const [runs] = (
      await database.query<{ count: number }>(
        'select count(*)::int from workflow_run where trigger_event_id is not null',
      )
    ).rows;
    expect(runs!.count).toBe(TIMES);
  });

  it('fire every subscription that they are sent to', async () => {
    const workflow = await makePublished(seer.admin, echoSpec);
    const one = await subscribe(seer.admin, workflow, 'webhook', open);
    const another = await subscribe(seer.admin, workflow, 'webhook', open);
    for (const { webhook_url: url, subscription_id: id } of [one, another]) {
      const { body } = await seer.stranger.post(pathOf(url), { same: true });
      expect(body.verdict).toBe('accepted');
      const run = await untilOver(seer.admin, body.run_id);
      expect(run.outputs).toMatchObject({ trigger: { subscription_id: id } });
    }
  });

  it('are told apart by what their subscription says that makes them the same', async () => {
    const config = { ...open, dedupe_by: 'body.order' };
    const { webhook_url: url } = await subscribeEcho(seer.admin, 'webhook', config);
    const path = pathOf(url);
    expect((await seer.stranger.post(path, { order: 1, at: 'noon' })).body.verdict).toBe('accepted');
    expect((await seer.stranger.post(path, { order: 1, at: 'night' })).body.verdict).toBe('duplicate');
    expect((await seer.stranger.post(path, { order: 2, at: 'noon' })).body.verdict).toBe('accepted');
    const without = await seer.stranger.post(path, { at: 'noon' });
    expect(without).toMatchObject({ status: 422, body: { code: 'delivery-unreadable' } });
  });
});
