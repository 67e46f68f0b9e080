import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { specOf } from '../support/factories.js';
import { untilOver } from '../support/runs.js';
import { aWhile, firedOf, isOver, makeDue, schedule, until, untilFired, yearly } from '../support/schedules.js';

describe('a schedule that is changed', () => {
  let seer: TestApp;
  let database: pg.Client;
  /** Another connection, with a transaction of its own. */
  let other: pg.Client;

  beforeAll(async () => {
    seer = await startApp();
    database = await connect(seer.databaseUrl);
    other = await connect(seer.databaseUrl);
  });
  afterEach(async () => {
    await other.query('rollback');
  });
  afterAll(async () => {
    await database.end();
    await other.end();
    await seer.close();
  });

  const path = (id: string) => `/v1/trigger-subscriptions/${id}`;
  const get = async (id: string) => (await seer.admin.get(path(id))).body;
  const patch = async (id: string, body: object) => {
    const { status, body: answer } = await seer.admin.patch(path(id), body);
    expect(status).toBe(200);
    return answer;
  };
  const workflow = (id: string, verb: string) => seer.admin.post(`/v1/workflows/${id}/${verb}`, {});
  const slotsOf = async (id: string) => (await firedOf(database, id)).map(({ slot }) => slot);

  /** A fire of this subscription in the middle of its transaction, until the other connection is done. */
  async function inFlight(id: string): Promise<Date> {
    await other.query('begin');
    await other.query('lock table trigger_event in share mode');
    const slot = await makeDue(database, id);
    await until(
      async () => (await database.query('select from pg_locks where not granted and database is not null')).rowCount,
      (waiting) => waiting === 1,
    );
    return slot;
  }

  it('follows its new schedule at once', async () => {
    const { subscription_id: id } = await schedule(seer.admin);
    const { next_fire_at: next } = await patch(id, { config: { cron: '0 0 1 6 *' } });
    expect(next).toMatch(/-06-01T00:00:00.000Z$/);
    await patch(id, { config: { cron: '* * * * * *' } });
    await untilFired(database, id, 2);
    await patch(id, { config: yearly });
    const slots = await slotsOf(id);
    await aWhile();
    expect(await slotsOf(id)).toEqual(slots);
  });

  it('stops at once when it is switched off or deleted; switched on again, it begins with what comes then', async () => {
    const { subscription_id: id } = await schedule(seer.admin, { cron: '* * * * * *' });
    await untilFired(database, id);
    expect((await patch(id, { enabled: false })).next_fire_at).toBeNull();
    const before = await slotsOf(id);
    await aWhile();
    await aWhile();
    expect(await slotsOf(id)).toEqual(before);
    const again = Date.now();
    await patch(id, { enabled: true });
    const fired = await untilFired(database, id, before.length + 1);
    expect(fired[before.length]!.slot.getTime()).toBeGreaterThan(again - 1);
    await seer.admin.delete(path(id));
    await aWhile();
    expect(await slotsOf(id)).toEqual([]);
  });

  it('fires only while its workflow is published, and makes nothing up', async () => {
    const { subscription_id: id, workflow_id: workflowId } = await schedule(seer.admin, { cron: '* * * * * *' });
    await untilFired(database, id);
    await workflow(workflowId, 'unpublish');
    expect(await get(id)).toMatchObject({ next_fire_at: null });
    const before = await slotsOf(id);
    await aWhile();
    await aWhile();
    expect(await slotsOf(id)).toEqual(before);
    const again = Date.now();
    await workflow(workflowId, 'publish');
    const fired = await untilFired(database, id, before.length + 1);
    expect(fired[before.length]!.slot.getTime()).toBeGreaterThan(again - 1);
    await patch(id, { enabled: false });
  });

  it('forgets what it could not fire when it is unpublished', async () => {
    const { subscription_id: id, workflow_id: workflowId } = await schedule(seer.admin);
    await database.query(
      `update trigger_subscription set cursor = '{"due":"2020-01-01T00:00:00Z"}' where 'sub_' || subscription_id = $1`,
      [id],
    );
    await workflow(workflowId, 'unpublish');
    await workflow(workflowId, 'publish');
    const slot = await makeDue(database, id);
    await untilFired(database, id);
    expect(await slotsOf(id)).toEqual([slot]);
  });

  it('loses no time that is just due when something else of it is changed', async () => {
    const { subscription_id: id, config } = await schedule(seer.admin);
    const changes = [{ enabled: true }, { config: { ...config, filter: 'true' } }];
    for (const change of changes) {
      await other.query('begin');
      await other.query('select from trigger_subscription where subscription_id = $1 for no key update', [id.slice(4)]);
      const changed = patch(id, change);
      // It becomes due while the change waits for its turn, so nobody has fired it before.
      expect(await isOver(changed)).toBe(false);
      await other.query('update trigger_subscription set next_fire_at = now() where subscription_id = $1', [
        id.slice(4),
      ]);
      await other.query('commit');
      await changed;
      await untilFired(database, id, changes.indexOf(change) + 1);
    }
  });

  describe('while it fires', () => {
    it.each([
      ['switched off', (id: string) => seer.admin.patch(path(id), { enabled: false })],
      ['edited', (id: string) => seer.admin.patch(path(id), { config: { cron: '0 0 1 6 *' } })],
    ])('is %s afterwards, and fires no more', async (_how, change) => {
      const { subscription_id: id } = await schedule(seer.admin);
      const slot = await inFlight(id);
      const changed = change(id);
      expect(await isOver(changed)).toBe(false);
      await other.query('commit');
      const { body } = await changed;
      expect(await slotsOf(id)).toEqual([slot]);
      expect((await get(id)).next_fire_at).toBe(body.next_fire_at);
      await aWhile();
      expect(await slotsOf(id)).toEqual([slot]);
    });

    it.each([
      ['another version', 'publish'],
      ['nothing', 'unpublish'],
    ])('keeps %s from being published until its run is there', async (_what, verb) => {
      const { subscription_id: id, workflow_id: workflowId } = await schedule(seer.admin);
      await putSpec(workflowId, 'second');
      const slot = await inFlight(id);
      const published = workflow(workflowId, verb);
      expect(await isOver(published)).toBe(false);
      await other.query('commit');
      expect((await published).status).toBe(200);
      const [event] = await firedOf(database, id);
      expect(event).toMatchObject({ slot, verdict: 'accepted' });
      expect((await untilOver(seer.admin, event!.run_id!)).version_number).toBe(1);
    });
  });

  describe('before it fires', () => {
    it('is not fired by who has seen that it was due', async () => {
      const { subscription_id: id } = await schedule(seer.admin);
      await database.query(
        `update trigger_subscription set next_fire_at = now() + interval '1 second' where subscription_id = $1`,
        [id.slice(4)],
      );
      await other.query('begin');
      await other.query(
        `update trigger_subscription set enabled = false, next_fire_at = null where subscription_id = $1`,
        [id.slice(4)],
      );
      // To everybody else it will be due, as before.
      await aWhile();
      await expectNothing(id);
      await other.query('commit');
      await expectNothing(id);
    });

    it('fires the version that was published', async () => {
      const { subscription_id: id, workflow_id: workflowId } = await schedule(seer.admin);
      await putSpec(workflowId, 'second');
      await other.query('begin');
      await other.query('select from workflow where workflow_id = $1 for update', [workflowId.slice(3)]);
      const published = workflow(workflowId, 'publish');
      // Whoever waits first is served first.
      await until(
        async () =>
          (
            await database.query(
              `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
            )
          ).rowCount,
        (waiting) => waiting === 1,
      );
      await makeDue(database, id);
      await expectNothing(id);
      await other.query('commit');
      expect((await published).status).toBe(200);
      const [event] = await untilFired(database, id);
      expect(await untilOver(seer.admin, event!.run_id!)).toMatchObject({ version_number: 2, outputs: 'second' });
    });
  });

  it('has a time after all when its workflow is published while it is made', async () => {
    const { workflow_id: workflowId } = await schedule(seer.admin);
    await workflow(workflowId, 'unpublish');
    // As publishing does it: first the lock, then who is subscribed.
    await other.query('begin');
    await other.query('select from workflow where workflow_id = $1 for update', [workflowId.slice(3)]);
    const made = schedule(seer.admin, {}, workflowId);
    expect(await isOver(made)).toBe(false);
    await other.query(
      `update workflow w set published_version_id = (select id from workflow_version v where v.workflow_id = w.id limit 1)
       where workflow_id = $1`,
      [workflowId.slice(3)],
    );
    await other.query('commit');
    const { subscription_id: id } = await made;
    expect((await get(id)).next_fire_at).toMatch(/-01-01T/);
  });

  async function expectNothing(id: string): Promise<void> {
    await aWhile();
    expect(await slotsOf(id)).toEqual([]);
  }

  async function putSpec(workflowId: string, value: string): Promise<void> {
    const spec = specOf([{ id: 'echo', type: 'set', value }], { output: '${echo}' });
    const draft = `/v1/workflows/${workflowId}/draft`;
    const { revision } = (await seer.admin.get(draft)).body;
    expect((await seer.admin.patch(draft, { base_revision: revision, spec })).status).toBe(200);
  }
});
