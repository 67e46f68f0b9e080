import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { makePublished, specOf } from '../support/factories.js';
import { type Gate, startGate } from '../support/gate.js';
import { untilOver, untilRun } from '../support/runs.js';
import { firedOf, makeDue, schedule, until, untilFired } from '../support/schedules.js';

describe('a schedule that is due while a run of it is under way', () => {
  let seer: TestApp;
  let database: pg.Client;
  let gate: Gate;

  beforeAll(async () => {
    seer = await startApp();
    database = await connect(seer.databaseUrl);
  });
  beforeEach(async () => {
    gate = await startGate();
  });
  afterEach(async () => {
    gate.open();
    await gate.close();
  });
  afterAll(async () => {
    await database.end();
    await seer.close();
  });

  const gated = (more: object = {}) => makePublished(seer.admin, specOf([gate.node('run')], more));

  /** Fires so often, one after the other, each when the one before is in the ledger. */
  async function fire(id: string, times: number) {
    const before = (await firedOf(database, id)).length;
    for (let time = 0; time < times; time++) {
      // Each is for a later time than the one before.
      await makeDue(database, id, 20 - before - time);
      await untilFired(database, id, before + time + 1);
    }
    return firedOf(database, id);
  }

  it('starts another run, if nothing else is said', async () => {
    const { subscription_id: id } = await schedule(seer.admin, {}, await gated());
    const fired = await fire(id, 3);
    expect(fired.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted', 'accepted']);
    await gate.stand(3);
  });

  it('skips this time, and says why', async () => {
    const { subscription_id: id } = await schedule(seer.admin, { overlap: 'skip' }, await gated());
    const [first, ...others] = await fire(id, 3);
    await gate.stand(1);
    expect(first).toMatchObject({ verdict: 'accepted' });
    expect(others).toMatchObject([
      { verdict: 'skipped', reason: 'As many runs as may be are under way already.', run_id: null },
      { verdict: 'skipped' },
    ]);
    gate.letGo(1);
    await untilOver(seer.admin, first!.run_id!);
    await makeDue(database, id);
    expect((await untilFired(database, id, 4)).at(-1)).toMatchObject({ verdict: 'accepted' });
    await gate.came(2);
  });

  it('waits for it, one run after the other', async () => {
    const { subscription_id: id } = await schedule(seer.admin, { overlap: 'queue' }, await gated());
    const fired = await fire(id, 3);
    expect(fired.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted', 'accepted']);
    for (const [index, { run_id: run }] of fired.entries()) {
      await gate.came(index + 1);
      for (const later of fired.slice(index + 1)) await untilRun(seer.admin, later.run_id!, ['QUEUED']);
      gate.letGo(1);
      expect((await untilOver(seer.admin, run!)).status).toBe('COMPLETED');
    }
    expect(gate.most).toBe(1);
  });

  it('cancels it', async () => {
    const { subscription_id: id } = await schedule(seer.admin, { overlap: 'cancel_running' }, await gated());
    const [first] = await fire(id, 1);
    await gate.stand(1);
    const [, second] = await fire(id, 1);
    expect((await untilOver(seer.admin, first!.run_id!)).status).toBe('CANCELLED');
    await gate.came(2);
    gate.open();
    expect((await untilOver(seer.admin, second!.run_id!)).status).toBe('COMPLETED');
  });

  it('says so of each subscription by itself', async () => {
    const workflow = await gated();
    const both = [
      await schedule(seer.admin, { overlap: 'skip' }, workflow),
      await schedule(seer.admin, { overlap: 'skip' }, workflow),
    ];
    for (const { subscription_id: id } of both)
      expect(await fire(id, 2)).toMatchObject([{ verdict: 'accepted' }, { verdict: 'skipped' }]);
    await gate.stand(2);
  });

  it('does the same for what it catches up with', async () => {
    const more = { cron: '@hourly', catch_up: 'all', overlap: 'skip' };
    const { subscription_id: id } = await schedule(seer.admin, more, await gated());
    await database.query(
      `update trigger_subscription set next_fire_at = date_trunc('hour', now()) - interval '3 hours'
       where 'sub_' || subscription_id = $1`,
      [id],
    );
    const fired = await until(
      () => firedOf(database, id),
      ({ length }) => length === 4,
    );
    expect(fired.map(({ verdict }) => verdict)).toEqual(['accepted', 'skipped', 'skipped', 'skipped']);
  });

  it('obeys its workflow in place of this, if that has settings of its own', async () => {
    const concurrency = { key: "'all'", limit: 2, on_limit: 'drop' };
    const workflow = await gated({ settings: { concurrency } });
    const { subscription_id: id } = await schedule(seer.admin, { overlap: 'cancel_running' }, workflow);
    const fired = await fire(id, 3);
    expect(fired.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted', 'skipped']);
    await gate.stand(2);
  });
});
