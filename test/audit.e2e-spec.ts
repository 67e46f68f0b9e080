import { type Client as Connection } from 'pg';
import { type AuditEntryResponse } from '../src/admin/audit/audit.dto.js';
import { type JsonObject } from '../src/common/json.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { authorize, FRONT_END } from './support/connections.js';
import { connect } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { type IdentityProvider, startIdentityProvider } from './support/identity-provider.js';
import { leaksIn } from './support/leaks.js';
import { OAuthServer } from './support/oauth-server.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource } from './support/resources.js';
import { untilRun } from './support/runs.js';
import { pathOf, subscribeEcho } from './support/triggers.js';

type Entry = AuditEntryResponse & { created_at: string };

let server: OAuthServer;
let provider: IdentityProvider;
let api: Peer;
let seer: TestApp;
let database: Connection;
/** Somebody who does a bit of everything, and somebody else. */
let ada: Client;
let adaId: string;
let adaKey: string;
let bob: Client;
/** All that was secret in it. */
const secrets: string[] = ['value-of-the-first-secret-9f8e7d', 'value-of-the-second-secret-1a2b3c'];

const entries = async (query = ''): Promise<Entry[]> =>
  (await seer.admin.get<{ items: Entry[] }>(`/v1/admin/audit?limit=100&${query}`)).body.items;
const doneBy = async (id: string) => (await entries(`owner=${id}`)).toReversed();
const idOf = async (client: Client): Promise<string> => (await client.get('/v1/me')).body.id;

beforeAll(async () => {
  [server, provider] = await Promise.all([OAuthServer.start(), startIdentityProvider()]);
  api = await startPeer((_request, response) => json(response, { ok: true }));
  seer = await startApp({ ...server.environment(), ...provider.environment, SEER_FRONTEND_ORIGINS: FRONT_END });
  database = await connect(seer.databaseUrl);
  const caller = await makeCaller(seer.app);
  adaKey = caller.key.publicId;
  ada = seer.stranger.as(caller.token);
  bob = seer.stranger.as((await makeCaller(seer.app)).token);
  secrets.push(caller.token);
  adaId = await idOf(ada);
  await doEverything(caller.token);
});

afterAll(async () => {
  await database.end();
  await seer.close();
  await Promise.all([server.close(), provider.close(), api.close()]);
});

let connectionId: string;
let resourceId: string;
let runId: string;

async function doEverything(token: string): Promise<void> {
  const key = (await ada.post('/v1/api-keys', { name: 'Deploy', scopes: ['runs:read'] })).body;
  secrets.push(key.key);
  await ada.delete(`/v1/api-keys/${key.key_id}`);
  await doToWorkflows();
  await doToConnections(token);
  await doToResources();
  await doToSubscriptions();
  await doToApprovals();
}

async function doToWorkflows(): Promise<void> {
  const path = `/v1/workflows/${await makePublished(ada, specOf([{ id: 'a', type: 'set', value: 1 }]))}`;
  await ada.post(`${path}/unpublish`);
  await ada.post(`${path}/versions/1/restore`, {});
  await ada.delete(path);
}

async function doToConnections(token: string): Promise<void> {
  await authorize(seer, token);
  await authorize(seer, token);
  connectionId = (await ada.get('/v1/integrations/connections')).body.items[0].connection_id;
  await ada.post(`/v1/integrations/connections/${connectionId}/refresh`);
  await ada.delete(`/v1/integrations/connections/${connectionId}`);
}

async function doToResources(): Promise<void> {
  const [first, second] = secrets;
  const metadata = { base_url: api.url, headers: { 'X-Api-Key': 'api_key' } };
  resourceId = await makeResource(ada, 'http_api', metadata, { api_key: first, other: first });
  const path = `/v1/integrations/resources/${resourceId}`;
  await ada.patch(path, { name: 'Shop' });
  await ada.put(`${path}/secrets/api_key`, { value: second });
  await ada.delete(`${path}/secrets/other`);
  await ada.post(`${path}/test`);
  const use = { type: 'tool', tool: 'http.request', resource: resourceId, inputs: { url: api.url } };
  const nodes = [
    { id: 'one', ...use },
    { id: 'two', ...use },
  ];
  runId = (await runSpec(ada, specOf(nodes))).run_id;
  await ada.delete(path);
}

async function doToSubscriptions(): Promise<void> {
  const subscription = await subscribeEcho(ada, 'webhook', { verify: { type: 'bearer' } });
  secrets.push(subscription.secret, pathOf(subscription.webhook_url).split('/').at(-1)!);
  const path = `/v1/trigger-subscriptions/${subscription.subscription_id}`;
  await ada.patch(path, { enabled: true });
  secrets.push((await ada.post(`${path}/rotate-secret`, {})).body.secret);
  const event = (await ada.post(`${path}/fire`, {})).body.event_id;
  await ada.post(`/v1/trigger-events/${event}/replay`);
  const range = { created_after: '2020-01-01T00:00:00Z', created_before: '2099-01-01T00:00:00Z' };
  const { subscription_id: id } = subscription;
  await ada.post('/v1/trigger-events/replay', { subscription_id: id, verdicts: ['accepted'], ...range });
  await ada.delete(path);
}

async function doToApprovals(): Promise<void> {
  const approval = (id: string) => ({ id, type: 'approval', title: 'Go on?' });
  const spec = specOf([approval('first'), approval('second')]);
  const run = (await ada.post('/v1/runs', { spec })).body.run_id;
  const isAt = (path: string) => (found: { waiting_for: { path: string }[] | null }) =>
    found.waiting_for?.[0]?.path === path;
  const { waiting_for: waits } = await untilRun(ada, run, ['WAITING'], isAt('first'));
  const link = pathOf(waits![0]!.approval_url!);
  secrets.push(link.split('/').at(-1)!);
  await seer.stranger.post(link, { approved: true });
  await untilRun(ada, run, ['WAITING'], isAt('second'));
  await ada.post(`/v1/runs/${run}/resume`, { value: { approved: false } });
}

describe('the audit', () => {
  it('tells what somebody did, in its order', async () => {
    expect((await doneBy(adaId)).map(({ action }) => action)).toEqual([
      ...['api-key.created', 'api-key.revoked'],
      ...['workflow.published', 'workflow.unpublished', 'workflow.version-restored', 'workflow.deleted'],
      ...['connection.connected', 'connection.reconnected', 'connection.refreshed', 'connection.deleted'],
      ...['resource.created', 'resource.changed', 'resource.secret-put', 'resource.secret-deleted', 'resource.tested'],
      ...['resource.used', 'resource.deleted'],
      ...['workflow.published', 'subscription.created', 'subscription.changed', 'subscription.secret-rotated'],
      ...['subscription.fired', 'event.replayed', 'subscription.events-replayed', 'subscription.deleted'],
      ...['approval.answered', 'approval.answered'],
    ]);
  });

  it('tells who, how, from where and in which request', async () => {
    const headers = { 'x-request-id': 'the-request-of-this-test' };
    await ada.post('/v1/api-keys', { name: 'Named', scopes: ['runs:read'] }, headers);
    const [entry] = await entries('request_id=the-request-of-this-test');
    const { body: me } = await ada.get('/v1/me');
    expect(entry).toMatchObject({
      entry_id: expect.stringMatching(/^aud_/),
      actor: { kind: 'user', id: adaId, subject: me.user_id, issuer: me.issuer, key_id: adaKey },
      action: 'api-key.created',
      object_kind: 'apiKey',
      object_id: expect.stringMatching(/^key_/),
      owner_id: adaId,
      request_id: 'the-request-of-this-test',
      address: expect.stringMatching(/127\.0\.0\.1$/),
      details: { name: 'Named', scopes: ['runs:read'], expires_at: null },
    });
  });

  it('tells what of a thing was changed, and of secrets their keys', async () => {
    const details = Object.fromEntries((await entries(`object=${resourceId}`)).map((e) => [e.action, e.details]));
    expect(details).toMatchObject({
      'resource.created': { name: 'Test', resource_type: 'http_api', secret_keys: ['api_key', 'other'] },
      'resource.changed': { changed: ['name'] },
      'resource.secret-put': { key: 'api_key' },
      'resource.secret-deleted': { key: 'other' },
    });
    const [connected] = (await entries(`object=${connectionId}`)).toReversed();
    expect(connected!.details).toMatchObject({ provider: 'acme', account: 'ada@acme.example' });
  });

  it('tells which run used a credential first, and at which node', async () => {
    expect(await entries(`action=resource.used&object=${resourceId}`)).toEqual([
      expect.objectContaining({
        actor: expect.objectContaining({ kind: 'run', id: adaId, key_id: null }),
        owner_id: adaId,
        details: { run_id: runId, node_id: 'one' },
      }),
    ]);
  });

  it('tells visitors from people who are signed in', async () => {
    const [signedIn, visitor] = await entries(`owner=${adaId}&action=approval.answered`);
    expect(visitor).toMatchObject({ actor: { kind: 'visitor', id: null }, details: { path: 'first', approved: true } });
    expect(signedIn).toMatchObject({
      actor: { kind: 'user', id: adaId },
      details: { path: 'second', approved: false },
    });
    expect(visitor!.object_id).toBe(signedIn!.object_id);
  });

  it('tells of users when they are made: by signing in, or by the first start', async () => {
    const joan = seer.stranger.as(await provider.token('joan'));
    const id = await idOf(joan);
    const by = { kind: 'user', id, subject: 'joan', issuer: provider.issuer, key_id: null };
    expect(await doneBy(id)).toMatchObject([{ action: 'user.created', object_id: id, actor: by }]);
    const first = (await doneBy(await idOf(seer.admin))).slice(0, 2);
    expect(first.map(({ action, actor }) => [action, actor.kind])).toEqual([
      ['user.created', 'system'],
      ['api-key.created', 'system'],
    ]);
  });

  it('has nothing of what could not be done', async () => {
    const foreign = `/v1/integrations/resources/${resourceId}`;
    for (const answer of [await bob.delete(foreign), await bob.post(`${foreign}/test`)])
      expect(answer.status).toBe(404);
    const duplicate = await bob.post('/v1/api-keys', { name: 'More', scopes: ['admin'] });
    expect(duplicate.status).toBe(403);
    expect(await doneBy(await idOf(bob))).toEqual([]);
  });

  it('has no secrets', async () => {
    const { rows } = await database.query('select to_jsonb(e)::text as row from audit_entry e');
    expect(rows.length).toBeGreaterThan(30);
    expect(leaksIn(JSON.stringify(rows), [...secrets, ...server.secrets])).toEqual([]);
  });
});

describe('the search of the audit', () => {
  it('finds by actor, owner, action, its beginning, thing, request and time', async () => {
    expect(new Set((await entries(`actor=${adaId}`)).map(({ actor }) => actor.id))).toEqual(new Set([adaId]));
    expect((await entries(`actor=${adaId}&action=workflow.`)).map(({ action }) => action)).toEqual([
      ...['workflow.published', 'workflow.deleted', 'workflow.version-restored', 'workflow.unpublished'],
      'workflow.published',
    ]);
    expect(await entries(`owner=${adaId}&action=workflow.published`)).toHaveLength(2);
    const [last, ...before] = await entries(`owner=${adaId}`);
    const since = await entries(`owner=${adaId}&created_after=${last!.created_at}`);
    expect(since.map(({ entry_id: id }) => id)).toContain(last!.entry_id);
    const older = await entries(`owner=${adaId}&created_before=${last!.created_at}`);
    expect(older.map(({ entry_id: id }) => id)).toEqual(
      before.filter(({ created_at: at }) => at < last!.created_at).map(({ entry_id: id }) => id),
    );
    expect(await entries('action=workflow.publish')).toEqual([]);
  });

  it('goes through all of it page by page', async () => {
    const whole = (await entries(`owner=${adaId}`)).map(({ entry_id: id }) => id);
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/v1/admin/audit?owner=${adaId}&limit=7${cursor && `&cursor=${cursor}`}`;
      const { body } = await seer.admin.get(path);
      found.push(...body.items.map(({ entry_id: id }: Entry) => id));
      cursor = body.next_cursor;
    }
    expect(found).toEqual(whole);
  });

  it.each([
    ['action=%25', 'action'],
    ['action=workflow._', 'action'],
    ['actor=ada', 'actor'],
    ['created_after=yesterday', 'created_after'],
    ['who=ada', 'who'],
  ])('refuses %s', async (query, field) => {
    const { status, body } = await seer.admin.get(`/v1/admin/audit?${query}`);
    expect([status, body.errors[0].pointer]).toEqual([400, `/${field}`]);
  });

  it('has an index for each filter, also when there is much', async () => {
    await database.query(
      `insert into audit_entry (entry_id, actor_kind, actor_id, action, object_id, owner_id, request_id, details, created_at)
       select gen_random_uuid(), 'user', gen_random_uuid(), 'bulk.made-' || n % 20, 'wf_' || n, gen_random_uuid(), 'r' || n,
         '{}', now() - n * interval '1 minute'
       from generate_series(100000, 120000) n`,
    );
    await database.query('analyze audit_entry');
    const [uuid] = (await database.query(`select actor_id from audit_entry where object_id = 'wf_110000'`)).rows;
    const conditions: Record<string, string> = {
      audit_entry_time: `created_at < now() - interval '80 days'`,
      audit_entry_of_actor: `actor_id = '${uuid.actor_id}'`,
      audit_entry_of_owner: `owner_id = '${uuid.actor_id}'`,
      audit_entry_of_object: `object_id = 'wf_110000'`,
      audit_entry_of_request: `request_id = 'r110000'`,
      audit_entry_of_action: `action = 'bulk.made-7'`,
    };
    for (const [index, condition] of Object.entries(conditions)) {
      const { rows } = await database.query(
        `explain select * from audit_entry where ${condition} order by created_at desc, entry_id desc limit 51`,
      );
      const plan = rows.map((row: JsonObject) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain(index);
      expect(plan).not.toContain('Sort');
    }
    const { rows } = await database.query(`explain select * from audit_entry where action like 'approval.%'`);
    expect(JSON.stringify(rows)).toContain('audit_entry_of_action');
  });
});

describe('the database', () => {
  /** What it says to a statement of the owner of the table, who is a superuser here. */
  const refusal = async (sql: string, before = ''): Promise<string | undefined> => {
    await database.query(`begin; ${before}`);
    try {
      await database.query(sql);
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await database.query('rollback');
    }
  };
  const INSUFFICIENT_PRIVILEGE = '42501';

  it.each([
    `update audit_entry set action = 'nothing.happened'`,
    `update audit_entry set details = '{}' where false`,
    'delete from audit_entry',
    'truncate audit_entry',
    'truncate audit_entry cascade',
  ])('refuses the owner of the table: %s', async (sql) => {
    expect(await refusal(sql)).toBe(INSUFFICIENT_PRIVILEGE);
    // A replica's way around triggers is none.
    expect(await refusal(sql, 'set local session_replication_role = replica')).toBe(INSUFFICIENT_PRIVILEGE);
  });

  it('lets go of what is older than 30 days when it is pruned, and of nothing else', async () => {
    const prune = `set local seer.audit_prune = 'on'`;
    const of = (days: number) => `delete from audit_entry where created_at < now() - interval '${days} days'`;
    expect(await refusal(of(31), prune)).toBeUndefined();
    expect(await refusal(of(31))).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(of(0), prune)).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await refusal('truncate audit_entry', prune)).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await refusal(`update audit_entry set details = '{}'`, prune)).toBe(INSUFFICIENT_PRIVILEGE);
  });
});
