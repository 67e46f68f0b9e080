import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { connect } from '../support/database.js';
import { makePublished } from '../support/factories.js';
import { untilOver } from '../support/runs.js';
import { firedOf, makeDue, schedule, until, untilFired, yearly } from '../support/schedules.js';
import { echoSpec, eventsOf } from '../support/triggers.js';

describe('a schedule', () => {
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

  const path = (id: string, rest = '') => `/v1/trigger-subscriptions/${id}${rest}`;
  const get = async (id: string) => (await seer.admin.get(path(id))).body;

  it('starts a run at its time, told which time it is for', async () => {
    const { subscription_id: id } = await schedule(seer.admin, { timezone: 'Europe/Berlin' });
    const slot = await makeDue(database, id, 1);
    const [event] = await untilFired(database, id);
    expect(event).toMatchObject({ slot, verdict: 'accepted' });
    const run = await untilOver(seer.admin, event!.run_id!);
    const at = slot.toISOString();
    expect(run).toMatchObject({ status: 'COMPLETED', source: 'TRIGGER' });
    const { trigger, inputs } = run.outputs as { trigger: { data: Record<string, string> }; inputs: unknown };
    expect(inputs).toEqual({});
    expect(trigger).toMatchObject({
      type: 'cron_schedule',
      subscription_id: id,
      event_id: run.trigger_event_id,
      occurred_at: at,
      data: { scheduled_at: at, slot: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[12]:00$/) },
    });
    expect(new Date(trigger.data.slot!)).toEqual(slot);
    const lateness = new Date(trigger.data.fired_at!).getTime() - slot.getTime();
    expect(lateness).toBeGreaterThanOrEqual(1_000);
    expect(lateness).toBeLessThan(20_000);

    const [seen] = await eventsOf(seer.admin, id);
    expect(seen).toMatchObject({ verdict: 'accepted', run_id: run.run_id, occurred_at: at });
    expect(await get(id)).toMatchObject({ next_fire_at: expect.stringMatching(/^20\d\d-12-31T23:00:00.000Z$/) });
  });

  it('fires each second, each of them once', async () => {
    const { subscription_id: id } = await schedule(seer.admin, { cron: '* * * * * *' });
    const fired = await untilFired(database, id, 4);
    await seer.admin.patch(path(id), { enabled: false });
    const first = fired[0]!.slot.getTime();
    expect(fired.map(({ slot }) => slot.getTime())).toEqual(fired.map((_, n) => first + n * 1_000));
    for (const { run_id: run } of fired) expect((await untilOver(seer.admin, run!)).status).toBe('COMPLETED');
  });

  it('tells when it fires next, by its schedule and its jitter', async () => {
    const config = { cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin' };
    const { subscription_id: id, next_fire_at: next } = await schedule(seer.admin, config);
    const upcoming = async (query: string, of = id) => (await seer.admin.get(path(of, `/upcoming${query}`))).body.items;
    expect((await upcoming('?limit=3'))[0]).toBe(next);
    expect(await upcoming('?limit=4&after=2026-10-22T12:00:00Z')).toEqual([
      '2026-10-23T07:00:00.000Z',
      '2026-10-26T08:00:00.000Z',
      '2026-10-27T08:00:00.000Z',
      '2026-10-28T08:00:00.000Z',
    ]);
    const late = await schedule(seer.admin, { ...config, jitter: '30m' });
    const times = await upcoming('?limit=2', late.subscription_id);
    expect(times[0]).toBe(late.next_fire_at);
    expect(new Date(times[0]).getTime() - new Date(next).getTime()).toBeLessThanOrEqual(1_800_000);
    const webhook = await seer.admin.post('/v1/trigger-subscriptions', {
      workflow_id: late.workflow_id,
      trigger_type: 'webhook',
      config: { verify: { type: 'none' } },
    });
    expect(await seer.admin.get(path(webhook.body.subscription_id, '/upcoming'))).toMatchObject({
      status: 409,
      body: { code: 'subscription-unfit' },
    });
  });

  it('maps its times to the inputs of the workflow, and fires only when its filter wants it', async () => {
    const inputs = { type: 'object', required: ['day'], properties: { day: { type: 'string' } } };
    const workflow = await makePublished(seer.admin, { ...echoSpec, inputs });
    const config = { inputs: { day: 'trigger.data.slot.substring(0, 10)' } };
    const { subscription_id: id } = await schedule(seer.admin, config, workflow);
    const slot = await makeDue(database, id);
    const [event] = await untilFired(database, id);
    expect((await untilOver(seer.admin, event!.run_id!)).outputs).toMatchObject({
      inputs: { day: slot.toISOString().slice(0, 10) },
    });

    const filter = "trigger.data.slot.startsWith('1999')";
    const { subscription_id: choosy } = await schedule(seer.admin, { filter });
    await makeDue(database, choosy);
    expect(await untilFired(database, choosy)).toMatchObject([
      { verdict: 'filtered', reason: expect.stringContaining(filter), run_id: null },
    ]);
    expect((await get(choosy)).next_fire_at).toMatch(/-01-01T/);
  });

  it('never fires when its time never comes, and not again after its last one', async () => {
    const { subscription_id: id, next_fire_at: next } = await schedule(seer.admin, { cron: '0 0 30 2 *' });
    expect(next).toBeNull();
    expect((await seer.admin.get(path(id, '/upcoming'))).body).toEqual({ items: [] });
    const slot = await makeDue(database, id);
    expect(await untilFired(database, id)).toMatchObject([{ slot, verdict: 'accepted' }]);
    expect((await get(id)).next_fire_at).toBeNull();
  });

  it.each([
    ['0 9 * *', 'UTC', '/config/cron'],
    ['61 * * * *', 'UTC', '/config/cron'],
    ['0 9 * * *', 'Europe/Bärlin', '/config/timezone'],
  ])('is refused when it is none: %s in %s', async (cron, timezone, pointer) => {
    const { workflow_id: workflow, subscription_id: id } = await schedule(seer.admin);
    const request = { workflow_id: workflow, trigger_type: 'cron_schedule', config: { cron, timezone } };
    const refusal = { status: 422, body: { code: 'subscription-invalid', errors: [{ pointer }] } };
    expect(await seer.admin.post('/v1/trigger-subscriptions', request)).toMatchObject(refusal);
    expect(await seer.admin.patch(path(id), { config: request.config })).toMatchObject(refusal);
    expect((await get(id)).config.cron).toBe(yearly.cron);
  });

  it('is nobody else’s', async () => {
    const { subscription_id: id } = await schedule(seer.admin);
    const stranger = seer.admin.as((await makeCaller(seer.app)).token);
    const unknown = { status: 404, body: { code: 'subscription-not-found' } };
    expect(await stranger.get(path(id))).toMatchObject(unknown);
    expect(await stranger.get(path(id, '/upcoming'))).toMatchObject(unknown);
    expect(await stranger.patch(path(id), { enabled: false })).toMatchObject(unknown);
    expect(await stranger.delete(path(id))).toMatchObject(unknown);
    expect(await get(id)).toMatchObject({ enabled: true });
  });

  describe('after 48 hours in which nothing ran', () => {
    const HOURS = 48;
    const down = async (config: object) => {
      const { subscription_id: id } = await schedule(seer.admin, { cron: '@hourly', ...config });
      await database.query(
        `update trigger_subscription set next_fire_at = date_trunc('hour', now()) - $2 * interval '1 hour'
         where 'sub_' || subscription_id = $1`,
        [id, HOURS],
      );
      await until(
        () => get(id),
        ({ next_fire_at: next }) => new Date(next) > new Date(),
      );
      const fired = await firedOf(database, id);
      const hour = Math.floor(Date.now() / 3_600_000);
      return fired.map(({ slot, verdict }) => `${verdict} ${hour - slot.getTime() / 3_600_000}`);
    };
    const range = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => `accepted ${from - n}`);

    it('fires the latest time', async () => {
      expect(await down({ catch_up: 'latest' })).toEqual(['skipped 1', 'accepted 0']);
    });

    it('fires none that is not on time', async () => {
      // In the first minute of an hour, its last time would be.
      const isOnTime = new Date().getUTCMinutes() === 0;
      expect(await down({ catch_up: 'skip' })).toEqual(isOnTime ? ['skipped 1', 'accepted 0'] : ['skipped 0']);
    });

    it('fires all of them, or as many of the last ones as may be', async () => {
      expect(await down({ catch_up: 'all' })).toEqual(range(HOURS, 0));
      expect(await down({ catch_up: 'all', catch_up_limit: 5 })).toEqual(['skipped 5', ...range(4, 0)]);
    });

    it('fires more than a hundred of them in portions, while others are on time', async () => {
      const config = { cron: '* * * * *', catch_up: 'all', catch_up_limit: 350 };
      const { subscription_id: id } = await schedule(seer.admin, config);
      const { subscription_id: other } = await schedule(seer.admin);
      await database.query(
        `update trigger_subscription set next_fire_at = date_trunc('minute', now()) - interval '48 hours'
         where 'sub_' || subscription_id = $1`,
        [id],
      );
      await makeDue(database, other);
      const fired = await untilFired(database, id, 351);
      const accepted = fired.filter(({ verdict }) => verdict === 'accepted').map(({ slot }) => slot.getTime());
      expect(accepted).toEqual(accepted.map((_, n) => accepted[0]! + n * 60_000));
      expect(fired[0]).toMatchObject({ verdict: 'skipped', slot: new Date(accepted[0]! - 60_000) });
      expect(await firedOf(database, other)).toMatchObject([{ verdict: 'accepted' }]);
      await seer.admin.delete(path(id));
    });
  });
});
