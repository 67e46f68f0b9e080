import { type Client as Connection } from 'pg';
import { startApp, type TestApp } from './support/app.js';
import { Browser } from './support/browser.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { authorize, FRONT_END } from './support/connections.js';
import { connect } from './support/database.js';
import { makePublished, makeWorkflow, runSpec, specOf } from './support/factories.js';
import { type IdentityProvider, startIdentityProvider } from './support/identity-provider.js';
import { OAuthServer } from './support/oauth-server.js';
import { makeResource } from './support/resources.js';
import { untilRun } from './support/runs.js';
import { pathOf, subscribeEcho } from './support/triggers.js';

let server: OAuthServer;
let provider: IdentityProvider;
let seer: TestApp;
/** Another process of the same installation. */
let other: TestApp;
let database: Connection;

beforeAll(async () => {
  [server, provider] = await Promise.all([OAuthServer.start(), startIdentityProvider()]);
  const variables = { ...server.environment(), ...provider.environment, SEER_FRONTEND_ORIGINS: FRONT_END };
  seer = await startApp(variables);
  other = await startApp(variables, seer.databaseUrl);
  database = await connect(seer.databaseUrl);
});

afterAll(async () => {
  await database.end();
  await Promise.all([seer.close(), other.close()]);
  await Promise.all([server.close(), provider.close()]);
});

interface Person {
  readonly id: string;
  /** Internal. */
  readonly row: string;
  readonly token: string;
  readonly client: Client;
}

async function makePerson(wanted: Parameters<typeof makeCaller>[1] = {}): Promise<Person> {
  const { token, user } = await makeCaller(seer.app, wanted);
  return { id: `usr_${user.publicId}`, row: String(user.id), token, client: seer.stranger.as(token) };
}

const makeAdmin = () => makePerson({ role: 'admin', scopes: ['admin', 'runs:read'] });
const path = ({ id }: Pick<Person, 'id'>) => `/v1/admin/users/${id}`;
const set = (person: Person, change: object, by = seer.admin) => by.patch(path(person), change);
const actionsOn = async ({ id }: Person) =>
  (await seer.admin.get(`/v1/admin/audit?object=${id}&action=user.`)).body.items.map((entry: any) => entry.action);
const rows = async (sql: string, values: unknown[] = []): Promise<any[]> => (await database.query(sql, values)).rows;

/** Until it holds, well within the time for which a process would go on with what it knows. */
async function until(holds: () => Promise<boolean>, withinMs = 2_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`did not hold within ${withinMs} ms: ${holds.toString()}`);
  }
}

/** What the document says about the admin API: method, path with ids in it, and the name of the operation. */
async function adminRoutes(): Promise<{ method: string; at: string; operation: string }[]> {
  const { body } = await seer.admin.get('/openapi.json');
  return Object.entries<Record<string, any>>(body.paths).flatMap(([template, operations]) =>
    Object.entries(operations)
      .filter(([, { 'x-required-scope': scope }]) => scope === 'admin')
      .map(([method, { operationId }]) => ({
        method: method.toUpperCase(),
        at: template.replace('{id}', 'usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b').replace('{provider}', 'github'),
        operation: String(operationId).split('.').at(-1)!,
      })),
  );
}

describe('the admin API', () => {
  it('refuses strangers, members and keys without the scope, on every route', async () => {
    const member = await makePerson({ scopes: ['runs:read', 'admin'] });
    const scopeless = await makePerson({ role: 'admin', scopes: ['runs:read', 'keys:write'] });
    const forged = seer.stranger.as(await provider.token('mallory', { claims: { role: 'admin', scope: 'admin' } }));
    const before = await rows(`select count(*) from audit_entry where action like 'admin.%'`);
    const routes = await adminRoutes();
    expect(routes.length).toBeGreaterThanOrEqual(11);
    for (const { method, at } of routes) {
      const as = async (client: Client) => (await client.call(method, at, method === 'GET' ? undefined : {})).status;
      expect([
        at,
        await as(seer.stranger),
        await as(member.client),
        await as(scopeless.client),
        await as(forged),
      ]).toEqual([at, 401, 403, 403, 403]);
    }
    expect((await forged.get('/v1/me')).body.role).toBe('member');
    expect(await rows(`select count(*) from audit_entry where action like 'admin.%'`)).toEqual(before);
  });

  it('lets nobody choose a role in a body', async () => {
    const member = await makePerson();
    const body = { name: 'x', scopes: ['runs:read'], role: 'admin' };
    expect((await member.client.post('/v1/api-keys', body)).status).toBe(400);
    for (const change of [
      { role: 'owner' },
      { role: null },
      { email: 'x@y.z' },
      { deactivated: 'yes' },
      { id: 'usr_1' },
    ]) {
      expect((await set(member, change)).status).toBe(400);
    }
  });

  it('records each call before it is answered, also one that fails, without bodies and queries', async () => {
    for (const { method, at, operation } of await adminRoutes()) {
      // What it would do to this installation is of no interest here: a field that nobody knows is refused.
      const headers = { 'x-request-id': `call-${operation}` };
      const writes = method !== 'GET' && operation !== 'rotateEncryptionKeys';
      await seer.admin.call(method, `${at}?secret=canary`, writes ? { canary: 'canary' } : undefined, headers);
      const { body } = await seer.admin.get(`/v1/admin/audit?request_id=call-${operation}&action=admin.`);
      expect(body.items).toEqual([
        expect.objectContaining({ action: `admin.${operation}`, details: { method, path: at } }),
      ]);
    }
    expect(await rows(`select from audit_entry e where to_jsonb(e)::text like '%canary%'`)).toEqual([]);
  });

  it('does nothing when it can not be recorded', async () => {
    const member = await makePerson();
    await database.query('alter table audit_entry rename to audit_entry_away');
    try {
      expect((await seer.admin.get(path(member))).status).toBe(500);
      expect((await set(member, { role: 'admin' })).status).toBe(500);
    } finally {
      await database.query('alter table audit_entry_away rename to audit_entry');
    }
    expect((await member.client.get('/v1/me')).body.role).toBe('member');
  });
});

describe('users', () => {
  it('are listed newest first, page by page, and found by e-mail, role and status', async () => {
    const people = [await makePerson(), await makeAdmin(), await makePerson()];
    await database.query(`update "user" set email = 'Zoe_%@example.com' where id = any($1)`, [
      people.map((p) => p.row),
    ]);
    await set(people[2]!, { deactivated: true });
    const found = async (query: string) =>
      (await seer.admin.get(`/v1/admin/users?email=zoe_%25&${query}`)).body.items.map(({ id }: Person) => id);
    const [first, second, third] = people.map(({ id }) => id);
    expect(await found('')).toEqual([third, second, first]);
    expect(await found('role=admin')).toEqual([second]);
    expect(await found('status=active')).toEqual([second, first]);
    expect(await found('status=deactivated')).toEqual([third]);
    const { body: page } = await seer.admin.get('/v1/admin/users?email=ZOE&limit=2');
    const { body: rest } = await seer.admin.get(`/v1/admin/users?email=ZOE&limit=2&cursor=${page.next_cursor}`);
    expect([...page.items, ...rest.items].map(({ id }: Person) => id)).toEqual([third, second, first]);
    expect(rest.next_cursor).toBeNull();
    expect((await seer.admin.get('/v1/admin/users?email=zoe%25')).body.items).toEqual([]);
  });

  it('are shown with what they have', async () => {
    const person = await makePerson();
    await runSpec(person.client, specOf([{ id: 'a', type: 'set', value: 1 }]));
    await subscribeEcho(person.client, 'webhook', { verify: { type: 'none' } });
    await authorize(seer, person.token);
    const old = '01000000-0000-7000-8000-000000000001';
    await database.query(
      `insert into workflow_run (run_id, user_id, spec, inputs, status, source) values ($1, $2, '{}', '{}', 'COMPLETED', 'MANUAL')`,
      [old, person.row],
    );
    const { body } = await seer.admin.get(path(person));
    expect(body).toMatchObject({ id: person.id, role: 'member', status: 'active', deactivated_at: null });
    expect(body.counts).toEqual({ workflows: 1, runs_last_day: 1, connections: 1, subscriptions: 1, live_api_keys: 1 });
  });

  it('that do not exist are not found', async () => {
    for (const id of ['usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b', 'usr_1', '1', 'wf_1']) {
      for (const answer of [await seer.admin.get(path({ id })), await seer.admin.delete(path({ id }))])
        expect([answer.status, answer.body.code]).toEqual([404, 'user-not-found']);
    }
  });
});

describe('a role', () => {
  it('counts from the next request on, in every process, with old keys too', async () => {
    const person = await makePerson({ scopes: ['admin'] });
    const elsewhere = other.stranger.as(person.token);
    const may = async (client: Client) => (await client.get('/v1/admin/users?limit=1')).status;
    expect([await may(person.client), await may(elsewhere)]).toEqual([403, 403]);
    expect((await set(person, { role: 'admin' })).body.role).toBe('admin');
    expect(await may(person.client)).toBe(200);
    await until(async () => (await may(elsewhere)) === 200);
    await set(person, { role: 'member' });
    expect(await may(person.client)).toBe(403);
    await until(async () => (await may(elsewhere)) === 403);
    expect(await actionsOn(person)).toEqual(['user.role-changed', 'user.role-changed']);
  });

  it('that nobody changes is no change', async () => {
    const person = await makePerson();
    expect((await set(person, { role: 'member', deactivated: false })).status).toBe(200);
    expect((await set(person, {})).status).toBe(200);
    expect(await actionsOn(person)).toEqual([]);
  });
});

describe('administrators', () => {
  it('can not demote, deactivate or delete themselves', async () => {
    const me = await makeAdmin();
    const tries = [
      await set(me, { role: 'member' }, me.client),
      await set(me, { deactivated: true }, me.client),
      await me.client.delete(path(me)),
    ];
    for (const { status, body } of tries) expect([status, body.code]).toEqual([409, 'own-account']);
    expect(tries[0]!.body.detail).toBe(`${me.id} is you: nobody can demote themselves. Another administrator can.`);
    expect((await set(me, { role: 'admin' }, me.client)).status).toBe(200);
    await set(me, { role: 'member' });
  });

  it('are never all gone, whoever demotes, deactivates or deletes whom at the same moment', async () => {
    const alone = await connect(seer.databaseUrl);
    await alone.query(`update "user" set role = 'member' where role = 'admin'`);
    let [one, two] = [await makeAdmin(), await makeAdmin()];
    const changes = [{ role: 'member' }, { deactivated: true }];
    for (let round = 0; round < 10; round++) {
      const change = changes[round % 2]!;
      const answers = await Promise.all([
        one.client.patch(path(two), change),
        other.stranger.as(two.token).patch(path(one), change),
      ]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect([401, 403]).toContain(statuses.find((status) => status !== 200));
      if (statuses[1] === 200) [one, two] = [two, one];
      await until(async () => (await one.client.get('/v1/admin/users?limit=1')).status === 200);
      const last = await one.client.patch(path(one), { role: 'member' });
      expect([last.status, last.body.code]).toEqual([409, 'last-administrator']);
      await one.client.patch(path(two), { role: 'admin', deactivated: false });
      await until(async () => (await other.stranger.as(two.token).get('/v1/admin/users?limit=1')).status === 200);
    }
    await alone.query(`update "user" set role = 'admin' where issuer = 'seer'`);
    await alone.query(`select pg_notify('access_changed', 'users')`);
    await alone.end();
    await until(async () => (await seer.admin.get('/v1/admin/users?limit=1')).status === 200);
  });
});

describe('a deactivated user', () => {
  const hook = { verify: { type: 'none' } };
  const form = { title: 'Ask', fields: { type: 'object', properties: { why: { type: 'string' } } } };

  it('is refused with every credential, in every process, until that is undone', async () => {
    const person = await makePerson();
    const elsewhere = other.stranger.as(person.token);
    const signedIn = seer.stranger.as(await provider.token('dora'));
    const { id, row } = { id: (await signedIn.get('/v1/me')).body.id as string, row: '' };
    const dora = { ...person, id, row };
    expect((await elsewhere.get('/v1/me')).status).toBe(200);
    for (const someone of [person, dora]) {
      expect((await set(someone, { deactivated: true })).body).toMatchObject({
        status: 'deactivated',
        deactivated_at: expect.any(String),
      });
    }
    for (const client of [person.client, signedIn, seer.stranger.as(await provider.token('dora'))]) {
      const { status, body } = await client.get('/v1/me');
      expect([status, body.code]).toEqual([401, 'credentials-invalid']);
    }
    await until(async () => (await elsewhere.get('/v1/me')).status === 401);
    for (const someone of [person, dora]) await set(someone, { deactivated: false });
    for (const client of [person.client, signedIn]) expect((await client.get('/v1/me')).status).toBe(200);
    await until(async () => (await elsewhere.get('/v1/me')).status === 200);
    expect(await actionsOn(person)).toEqual(['user.reactivated', 'user.deactivated']);
  });

  it('has no webhooks, forms and links any more, and starts nothing; what waits stays', async () => {
    const { client, row, ...person } = await makePerson();
    const paths = [
      pathOf((await subscribeEcho(client, 'webhook', hook)).webhook_url),
      pathOf((await subscribeEcho(client, 'form_submission', form)).form_url),
    ];
    await subscribeEcho(client, 'cron_schedule', { cron: '0 0 1 1 *' });
    const { connect_url: link } = (await client.get('/v1/integrations/acme/authorize')).body;
    const spec = specOf([{ id: 'ok', type: 'approval', title: 'Go on?' }]);
    const run = (await client.post('/v1/runs', { spec })).body.run_id;
    await untilRun(client, run, ['WAITING']);
    const times = () =>
      rows(
        `select last_error is not null as told, next_fire_at is not null as due from trigger_subscription
          where user_id = $1 and mode = 'schedule'`,
        [row],
      );
    const events = () => rows('select count(*)::int from trigger_event where user_id = $1', [row]);
    expect((await seer.stranger.post(paths[0]!, {})).status).toBe(202);
    const before = await events();
    await set({ client, row, ...person }, { deactivated: true });
    expect((await seer.stranger.post(paths[0]!, {})).status).toBe(404);
    for (const at of paths) expect((await other.stranger.post(at, {})).status).toBe(404);
    expect((await new Browser(seer.url).open(link)).status).toBe(404);
    expect(await times()).toEqual([{ told: true, due: false }]);
    expect(await events()).toEqual(before);
    await set({ client, row, ...person }, { deactivated: false });
    expect((await seer.stranger.post(paths[0]!, {})).status).toBe(202);
    expect((await seer.stranger.get(paths[1]!)).status).toBe(200);
    expect(await times()).toEqual([{ told: false, due: true }]);
    expect((await client.get(`/v1/runs/${run}`)).body.status).toBe('WAITING');
  });
});

describe('a deleted user', () => {
  /** A bit of everything. */
  async function furnish({ client, token }: Person): Promise<void> {
    await authorize(seer, token);
    await makeWorkflow(client, specOf([]));
    const { webhook_url: url } = await subscribeEcho(client, 'webhook', { verify: { type: 'none' } });
    await seer.stranger.post(pathOf(url), {});
    await makeResource(client, 'http_api', { base_url: 'https://api.example.com' }, { key: 'a-secret' });
    await makePublished(client, specOf([{ id: 'a', type: 'set', value: 1 }]));
    const spec = specOf([{ id: 'ok', type: 'approval', title: 'Go on?' }]);
    const run = (await client.post('/v1/runs', { spec }, { 'idempotency-key': 'once' })).body.run_id;
    await untilRun(client, run, ['WAITING']);
  }

  const counted = [
    ...['api_key', 'workflow', 'workflow_run', 'oauth_connection', 'integration_resource', 'trigger_subscription'],
    ...['trigger_event', 'idempotency_record'],
  ];
  const countsOf = async ({ row }: Person) => {
    const counts = counted.map((table) => `(select count(*)::int from ${table} where user_id = $1) as ${table}`);
    return Object.values<number>((await rows(`select ${counts.join(', ')}`, [row]))[0]);
  };

  it('is refused at once, and everything of theirs goes, at the provider too; nothing of others does', async () => {
    const [gone, stays] = [await makePerson(), await makePerson()];
    for (const person of [gone, stays]) await furnish(person);
    const before = await countsOf(stays);
    expect(Math.min(...(await countsOf(gone)))).toBeGreaterThan(0);
    const revocations = server.revocations;

    const { status, body } = await seer.admin.delete(path(gone));
    expect([status, body.status]).toEqual([202, 'deleting']);
    expect((await gone.client.get('/v1/me')).status).toBe(401);
    await until(async () => (await seer.admin.get(path(gone))).status === 404, 30_000);

    expect(await countsOf(gone)).toEqual(counted.map(() => 0));
    expect(await countsOf(stays)).toEqual(before);
    expect(server.revocations).toBeGreaterThan(revocations);
    expect(await actionsOn(gone)).toEqual(['user.deleted', 'user.deletion-begun', 'user.deactivated']);
    const { body: audit } = await seer.admin.get(`/v1/admin/audit?owner=${gone.id}&action=connection.deleted`);
    expect(audit.items).toMatchObject([{ actor: { kind: 'system' }, details: { upstream: 'revoked' } }]);
    expect((await stays.client.get('/v1/me')).status).toBe(200);
  });

  it('can not be brought back while that goes on', async () => {
    const person = await makePerson();
    await database.query('update "user" set deactivated_at = now(), deletion_begun_at = now() where id = $1', [
      person.row,
    ]);
    const { status, body } = await set(person, { deactivated: false });
    expect([status, body.code]).toEqual([409, 'user-being-deleted']);
    // Asked again, it is done: whatever became of the first time.
    expect((await seer.admin.delete(path(person))).status).toBe(202);
    await until(async () => (await seer.admin.get(path(person))).status === 404, 30_000);
  });
});
