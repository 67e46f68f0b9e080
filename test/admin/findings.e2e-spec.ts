import { MikroORM } from '@mikro-orm/postgresql';
import type pg from 'pg';
import { AccessTokens } from '../../src/oauth/index.js';
import { SilenceWatch } from '../../src/triggers/silence/silence-watch.js';
import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { type Client } from '../support/client.js';
import { endIn, makeConnected } from '../support/connections.js';
import { connect } from '../support/database.js';
import { makePublished, makeWorkflow, specOf } from '../support/factories.js';
import { asTold, codesOf, findingsOf, ofCode, toldByDoctor, uuidOf } from '../support/findings.js';
import { OAuthServer } from '../support/oauth-server.js';
import { startPeer } from '../support/peer.js';
import { untilOver } from '../support/runs.js';
import { pathOf, subscribeEcho } from '../support/triggers.js';

const open = { verify: { type: 'none' } };

describe('findings', () => {
  let server: OAuthServer;
  let seer: TestApp;
  let database: pg.Client;
  let ada: Client;
  let bob: Client;

  beforeAll(async () => {
    server = await OAuthServer.start();
    seer = await startApp(server.environment());
    database = await connect(seer.databaseUrl);
    ada = seer.stranger.as((await makeCaller(seer.app)).token);
    bob = seer.stranger.as((await makeCaller(seer.app)).token);
  });

  afterAll(async () => {
    await database.end();
    await seer.close();
    await server.close();
  });

  it('are none while all is well', async () => {
    await seer.admin.post('/v1/runs?mode=sync', { spec: specOf([{ id: 'a', type: 'set', value: 1 }]) });
    expect((await seer.admin.get('/v1/admin/findings')).body).toMatchObject({ items: [], more: [] });
  });

  it('name a workflow whose last runs have all failed, with its most common error', async () => {
    const id = await makePublished(bob, specOf([{ id: 'stop', type: 'fail', message: 'No more' }]));
    for (let n = 0; n < 4; n++) await bob.post(`/v1/workflows/${id}/runs?mode=sync`, {});
    expect(codesOf(await findingsOf(seer))).toEqual([]);
    const { body } = await bob.post(`/v1/workflows/${id}/runs?mode=sync`, {});
    const failing = ofCode(await findingsOf(seer), 'workflow-failing');
    expect(failing.ids.slice(0, 2)).toEqual([id, body.run_id]);
    expect(failing.summary).toBe(
      'The last 5 runs of Test of ada@example.com failed, most often with failed at stop; the last one said: No more',
    );
    await bob.delete(`/v1/workflows/${id}`);
    expect(codesOf(await findingsOf(seer))).toEqual([]);
  });

  it('name a subscription from which nothing is heard any more, until something is', async () => {
    const { subscription_id: id, webhook_url: url } = await subscribeEcho(ada, 'webhook', open);
    for (let n = 0; n < 5; n++) await seer.stranger.post(pathOf(url), { n });
    const look = () => seer.app.get(SilenceWatch).look(new AbortController().signal);
    await look();
    expect(codesOf(await findingsOf(seer))).toEqual([]);
    // One each ten minutes, and none for the last two hours.
    await database.query(
      `update trigger_event e set created_at = now() - interval '2 hours' - (5 - r.n) * interval '10 minutes'
       from (select event_id, row_number() over (order by event_id) as n from trigger_event) r where e.event_id = r.event_id`,
    );
    await look();
    const findings = await findingsOf(seer);
    const silent = ofCode(findings, 'subscription-silent');
    expect(silent).toMatchObject({ severity: 'warning', ids: [id] });
    expect(silent.summary).toContain(
      '"Test" (webhook) of ada@example.com has been silent for much longer than ever lately',
    );
    expect(Date.now() - Date.parse(silent.since!)).toBeGreaterThan(7_100_000);
    expect(await toldByDoctor(seer)).toEqual(asTold(findings));
    const listed = (await seer.admin.get('/v1/admin/subscriptions?state=silent')).body.items;
    expect(listed).toMatchObject([{ subscription_id: id, silent_since: silent.since, last_event_at: silent.since }]);

    await seer.stranger.post(pathOf(url), { n: 'again' });
    expect(codesOf(await findingsOf(seer))).toEqual([]);
    expect((await seer.admin.get('/v1/admin/subscriptions?state=silent')).body.items).toEqual([]);
    await look();
    const { rows } = await database.query(
      'select silent_since from trigger_subscription where silent_since is not null',
    );
    expect(rows).toEqual([]);
  });

  it('name a schedule that has lost its time', async () => {
    const { subscription_id: id } = await subscribeEcho(ada, 'cron_schedule', { cron: '0 * * * *' });
    const look = () => seer.app.get(SilenceWatch).look(new AbortController().signal);
    await look();
    expect(codesOf(await findingsOf(seer))).toEqual([]);
    await database.query(
      `update trigger_subscription set next_fire_at = null, updated_at = now() - interval '3 hours' where subscription_id = $1`,
      [uuidOf(id)],
    );
    await database.query(`update workflow_version set published_at = now() - interval '3 hours'`);
    await look();
    expect(ofCode(await findingsOf(seer), 'subscription-silent')).toMatchObject({
      ids: [id],
      summary: expect.stringContaining('its schedule had times since then, and none was fired'),
    });
    await ada.delete(`/v1/trigger-subscriptions/${id}`);
  });

  it('name a connection that is dead, what depends on it, and what waits for it', async () => {
    const connected = await makeConnected(seer);
    const { caller, connectionId } = connected;
    await server.revokeAll();
    await endIn(seer, connected, 0);
    await expect(seer.app.get(AccessTokens).fresh(connected.ref)).rejects.toThrow();
    await seer.app
      .get(MikroORM)
      .em.fork()
      .execute(
        `insert into integration_resource (resource_id, user_id, name, resource_type, provider, connection_id, metadata)
         select gen_random_uuid(), user_id, 'Mine', 'http_api', 'acme', id, '{}' from oauth_connection where connection_id = ?`,
        [uuidOf(connectionId)],
      );
    const call = { id: 'call', type: 'tool', tool: 'http.request', connection: connectionId };
    const spec = specOf([{ ...call, inputs: { url: 'https://api.acme.test/' } }], { settings: { on_reauth: 'wait' } });
    const { body } = await caller.post('/v1/runs?mode=sync', { spec });
    expect(body.status).toBe('WAITING');

    const findings = await findingsOf(seer);
    expect(codesOf(findings)).toEqual(['connection-dead', 'runs-wait-for-account']);
    const dead = ofCode(findings, 'connection-dead');
    expect(dead).toMatchObject({ severity: 'error', ids: [connectionId] });
    expect(dead.summary).toMatch(
      /must be connected again: .*invalid_grant.* 1 resource and 0 subscriptions depend on it\.$/,
    );
    expect(ofCode(findings, 'runs-wait-for-account')).toMatchObject({
      ids: [connectionId, body.run_id],
      summary: `1 run waits until ${connectionId} is connected again.`,
    });
    expect(await toldByDoctor(seer)).toEqual(asTold(findings));
    expect((await seer.admin.get('/v1/admin/connections?status=reauth_required')).body.items).toMatchObject([
      { connection_id: connectionId, status: 'reauth_required', resources: 1, subscriptions: 0 },
    ]);
    expect((await seer.admin.get('/v1/admin/connections?status=healthy')).body.items).toEqual([]);
    await caller.post(`/v1/runs/${body.run_id}/cancel`);
    await caller.delete(`/v1/integrations/connections/${connectionId}`);
    expect(codesOf(await findingsOf(seer))).toEqual([]);
  });

  it('name a subscription that fails, and one whose deliveries are refused', async () => {
    const gone = await startPeer((_request, response) => response.writeHead(410).end());
    const poll = await subscribeEcho(bob, 'rss_item', { url: gone.url, interval: '1h' });
    await until(async () => (await findingsOf(seer)).length > 0);
    const failing = ofCode(await findingsOf(seer), 'subscription-failing');
    expect(failing).toMatchObject({ severity: 'warning', ids: [poll.subscription_id] });
    expect(failing.summary).toMatch(/failed once in a row and is tried again, ever later: .*410/);
    const listed = (await seer.admin.get('/v1/admin/subscriptions?state=failing')).body.items;
    expect(listed).toMatchObject([{ subscription_id: poll.subscription_id, status: 'failing', failures: 1 }]);
    await bob.delete(`/v1/trigger-subscriptions/${poll.subscription_id}`);
    await gone.close();

    const signed = await subscribeEcho(bob, 'webhook', { verify: { type: 'standard_webhooks' } });
    for (let n = 0; n < 5; n++) await seer.stranger.post(pathOf(signed.webhook_url), { n });
    const refused = ofCode(await findingsOf(seer), 'events-refused');
    expect(refused.ids[0]).toBe(signed.subscription_id);
    expect(refused.summary).toContain('5 events of "Test" (webhook) of ada@example.com rejected within 24 hours');
    await bob.delete(`/v1/trigger-subscriptions/${signed.subscription_id}`);
  });

  it('name runs that are held back, and who holds their place', async () => {
    const settings = { concurrency: { key: '"one"', limit: 1, on_limit: 'queue' } };
    const id = await makeWorkflow(ada, specOf([{ id: 'ok', type: 'approval', title: 'Go?' }], { settings }));
    const published = await ada.post(`/v1/workflows/${id}/publish`, {});
    expect(published.status).toBe(200);
    const first = (await ada.post(`/v1/workflows/${id}/runs?mode=sync`, {})).body;
    const second = (await ada.post(`/v1/workflows/${id}/runs`, {})).body;
    expect(codesOf(await findingsOf(seer))).toEqual([]);
    await database.query(`update workflow_run set created_at = now() - interval '2 minutes' where run_id = $1`, [
      uuidOf(second.run_id),
    ]);
    const held = ofCode(await findingsOf(seer), 'runs-held-back');
    expect(held.ids).toEqual([second.run_id, first.run_id]);
    expect(held.summary).toContain(`at a limit of 1: the place is held by ${first.run_id} (WAITING).`);
    await ada.post(`/v1/runs/${first.run_id}/cancel`);
    await ada.post(`/v1/runs/${second.run_id}/cancel`);
    await untilOver(ada, second.run_id);
  });

  it('are made one by one: a check that fails is a finding, and the others are made', async () => {
    await database.query('alter table encryption_rotation rename to encryption_away');
    const failed = await findingsOf(seer);
    await database.query('alter table encryption_away rename to encryption_rotation');
    expect(codesOf(failed)).toEqual(['check-failed']);
    expect(failed.map(({ summary }) => summary)).toEqual([
      expect.stringContaining('The check values-unreadable ('),
      expect.stringContaining('The check rotation-unfinished ('),
    ]);
  });

  it('name what is wrong with encryption', async () => {
    const key = "(select id from encryption_key where status = 'primary')";
    const unreadable = JSON.stringify([{ table: 't', column: 'c', row: 'conn_1', key_id: null }]);
    await database.query(
      `insert into encryption_rotation (id, state, key_id, started_at, unreadable_count, unreadable)
       values (gen_random_uuid(), 'running', ${key}, now() - interval '2 hours', 1, $1)`,
      [unreadable],
    );
    await database.query(`update encryption_key set master_key_id = 'local:other' where status = 'primary'`);
    const findings = await findingsOf(seer);
    expect(codesOf(findings)).toEqual(['other-master-key', 'rotation-unfinished', 'values-unreadable']);
    expect(ofCode(findings, 'values-unreadable').ids).toEqual(['conn_1']);
    expect(ofCode(findings, 'other-master-key').summary).toContain('1 of its keys are under local:other');
    expect(findings.map(({ severity }) => severity)).toEqual(['error', 'error', 'warning']);
  });

  async function until(isTrue: () => Promise<boolean>): Promise<void> {
    const late = AbortSignal.timeout(30_000);
    while (!(await isTrue())) {
      late.throwIfAborted();
      await database.query('select pg_sleep(0.05)');
    }
  }
});
