import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { makePublished, specOf } from '../support/factories.js';
import { untilOver, untilRun } from '../support/runs.js';
import { echoSpec, eventsOf, pathOf, subscribe, untilEvents } from '../support/triggers.js';

const open = { verify: { type: 'none' } };

describe('the end of a run', () => {
  let seer: TestApp;
  let database: pg.Client;

  beforeAll(async () => {
    seer = await startApp();
    database = await connect(seer.databaseUrl);
  });
  afterAll(async () => {
    await database.end();
    await seer.close();
  });

  async function nothingLeft(): Promise<void> {
    for (const late = Date.now() + 60_000; Date.now() < late;) {
      const { rows } = await database.query('select from workflow_run_ending');
      if (rows.length === 0) return;
    }
    throw new Error('word of ends is left');
  }

  it('starts a run of whoever watches its workflow, once, however it ended', async () => {
    const watched = await makePublished(
      seer.admin,
      specOf([
        { id: 'stumble', type: 'fail', when: 'inputs.how == "fail"', message: 'no' },
        { id: 'pause', type: 'wait', for: '1h', when: 'inputs.how == "cancel"' },
        { id: 'done', type: 'set', value: '${inputs.how}' },
      ]),
    );
    const watcher = await makePublished(seer.admin, echoSpec);
    const all = await subscribe(seer.admin, watcher, 'workflow_finished', { workflow_id: watched });
    const failed = await subscribe(seer.admin, watcher, 'workflow_finished', {
      workflow_id: watched,
      statuses: ['FAILED'],
    });
    const start = async (how: string) =>
      (await seer.admin.post(`/v1/workflows/${watched}/runs`, { inputs: { how } })).body.run_id as string;
    const completed = await start('complete');
    const fails = await start('fail');
    const cancelled = await start('cancel');
    await untilRun(seer.admin, cancelled, ['WAITING']);
    await seer.admin.post(`/v1/runs/${cancelled}/cancel`);

    const events = await untilEvents(seer.admin, all.subscription_id, 3);
    const runs = await Promise.all(events.map(({ run_id: id }: { run_id: string }) => untilOver(seer.admin, id)));
    const seen = runs.map(
      ({ outputs }) => (outputs as { trigger: { data: { run_id: string; status: string } } }).trigger.data,
    );
    expect(new Map(seen.map(({ run_id: id, status }) => [id, status]))).toEqual(
      new Map([
        [completed, 'COMPLETED'],
        [fails, 'FAILED'],
        [cancelled, 'CANCELLED'],
      ]),
    );
    await nothingLeft();
    expect(await eventsOf(seer.admin, all.subscription_id)).toHaveLength(3);
    expect(await eventsOf(seer.admin, failed.subscription_id)).toHaveLength(1);
  });

  it('leaves no word where nobody watches any more', async () => {
    const watched = await makePublished(seer.admin, echoSpec);
    const watcher = await makePublished(seer.admin, echoSpec);
    const { subscription_id: id } = await subscribe(seer.admin, watcher, 'workflow_finished', { workflow_id: watched });
    await seer.admin.patch(`/v1/trigger-subscriptions/${id}`, { enabled: false });
    await seer.admin.post(`/v1/workflows/${watched}/runs?mode=sync`, {});
    const { rows } = await database.query<{ words: number }>('select count(*)::int as words from workflow_run_ending');
    expect(rows[0]!.words).toBe(0);
    expect(await eventsOf(seer.admin, id)).toEqual([]);
  });

  it('does not go round in circles for ever, also through child runs', async () => {
    const inner = await makePublished(seer.admin, echoSpec);
    const outer = await makePublished(
      seer.admin,
      specOf([{ id: 'call', type: 'workflow', workflow_id: inner, inputs: {} }]),
    );
    const watching = await subscribe(seer.admin, outer, 'workflow_finished', { workflow_id: inner });
    const hook = await subscribe(seer.admin, inner, 'webhook', open);
    await seer.stranger.post(pathOf(hook.webhook_url), {});
    // The end of a run of the inner one starts the outer one, which runs the inner one again.
    const events = await untilEvents(seer.admin, watching.subscription_id, 9);
    await nothingLeft();
    expect(events.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'skipped',
      ...Array<string>(8).fill('accepted'),
    ]);
    expect(events[0].reason).toContain('8 runs');
  });
});
