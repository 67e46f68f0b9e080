import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { firedOf, makeDue, schedule, until, untilFired } from '../support/schedules.js';

describe('a schedule that cannot be fired', () => {
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

  const get = async (id: string) => (await seer.admin.get(`/v1/trigger-subscriptions/${id}`)).body;
  const several = async (count: number) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n++) ids.push((await schedule(seer.admin)).subscription_id);
    return ids;
  };
  const putOff = (id: string) =>
    until(
      () => get(id),
      ({ last_error: error }) => error !== null,
    );

  /** Its turn comes again. */
  const again = (id: string) =>
    database.query(`update trigger_subscription set next_fire_at = now() where 'sub_' || subscription_id = $1`, [id]);

  it('has events that failed while its workflow cannot be compiled, and keeps no other from firing', async () => {
    const [broken, ...others] = (await several(4)) as [string, ...string[]];
    const { workflow_id: workflow } = await get(broken);
    const version = `where workflow_id = (select id from workflow where 'wf_' || workflow_id = '${workflow}')`;
    const spec = { version: '1', nodes: [{ id: 'x', type: 'of_another_build' }] };
    await database.query(`update workflow_version set spec = $1, spec_hash = 'broken' ${version}`, [spec]);

    const slot = await makeDue(database, [broken, ...others]);
    for (const id of others) expect(await untilFired(database, id)).toMatchObject([{ slot, verdict: 'accepted' }]);
    expect(await untilFired(database, broken)).toMatchObject([{ slot, verdict: 'failed' }]);
    expect((await get(broken)).next_fire_at).toContain('-01-01T');
    const [event] = (await seer.admin.get(`/v1/trigger-events?subscription_id=${broken}`)).body.items;
    expect(event.reason).toContain('cannot be run by this build');
  });

  it('keeps no other from firing when the database refuses it', async () => {
    const ids = await several(7);
    const refused = ids[3]!;
    const { rows } = await database.query<{ id: string }>(
      `select id from trigger_subscription where 'sub_' || subscription_id = $1`,
      [refused],
    );
    await database.query(`alter table trigger_event add constraint refuses check (subscription_id <> ${rows[0]!.id})`);
    const slot = await makeDue(database, ids);
    for (const id of ids) if (id !== refused) expect(await untilFired(database, id)).toMatchObject([{ slot }]);
    await putOff(refused);
    expect(await firedOf(database, refused)).toEqual([]);
    await database.query('alter table trigger_event drop constraint refuses');
    await again(refused);
    expect(await untilFired(database, refused)).toMatchObject([{ slot, verdict: 'accepted' }]);
  });

  it('has no time any more when nothing of its workflow is published after all', async () => {
    const [id] = (await several(1)) as [string];
    const { workflow_id: workflow } = await get(id);
    await database.query(`update workflow set published_version_id = null where 'wf_' || workflow_id = $1`, [workflow]);
    await makeDue(database, id);
    await until(
      () => get(id),
      ({ next_fire_at: next }) => next === null,
    );
    expect(await firedOf(database, id)).toEqual([]);
  });
});
