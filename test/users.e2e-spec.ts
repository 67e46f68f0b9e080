import { EntityManager } from '@mikro-orm/postgresql';
import { Audit } from '../src/common/audit/audit.js';
import { ConfigurationError, readEnvironment } from '../src/common/config/read-environment.js';
import { type ApiKeyPage, type ApiKeyResponse } from '../src/users/api-keys/api-key.dto.js';
import { makeApiKeySecret } from '../src/users/api-keys/api-key-secret.js';
import { scopeNames } from '../src/users/auth/scopes.js';
import { Bootstrap } from '../src/users/index.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { startApp, type TestApp } from './support/app.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp();
});

afterAll(() => seer.close());

async function signIn(wanted: Parameters<typeof makeCaller>[1] = {}): Promise<Client> {
  return seer.stranger.as((await makeCaller(seer.app, wanted)).token);
}

/** Rows behind the API. */
async function query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
  const database = await connect(seer.databaseUrl);
  const { rows } = await database.query(sql, values);
  await database.end();
  return rows as Row[];
}

describe('GET /v1/me', () => {
  it('tells a caller who they are and what their key may do', async () => {
    const { token, user } = await makeCaller(seer.app, { scopes: ['runs:read', 'keys:read'] });
    expect((await seer.stranger.as(token).get('/v1/me')).body).toEqual({
      id: `usr_${user.publicId}`,
      user_id: user.userId,
      issuer: 'https://id.example.com',
      email: 'ada@example.com',
      role: 'member',
      scopes: ['runs:read', 'keys:read'],
      created_at: user.createdAt.toISOString(),
    });
  });
});

describe('POST /v1/api-keys', () => {
  it('makes a key that works, and shows it only then', async () => {
    const caller = await signIn();
    const { status, body } = await caller.post('/v1/api-keys', { name: 'Deploy', scopes: ['keys:read', 'runs:read'] });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'Deploy',
      scopes: ['keys:read', 'runs:read'],
      expires_at: null,
      revoked_at: null,
    });
    expect(body.key).toMatch(/^sk_[\w-]{43}$/);
    expect(body.prefix).toBe(body.key.slice(0, 7));

    const list = await seer.stranger.as(body.key).get('/v1/api-keys');
    expect(list.status).toBe(200);
    expect(JSON.stringify(list.body)).not.toContain(body.key);
    const rows = await query<object>('select k::text as row from api_key k');
    expect(JSON.stringify(rows)).not.toContain(body.key);
  });

  it('gives a key no scope that its maker does not have', async () => {
    const caller = await signIn({ scopes: ['keys:write', 'runs:read'] });
    const { status, body } = await caller.post('/v1/api-keys', {
      name: 'More',
      scopes: ['runs:read', 'runs:write', 'admin'],
    });
    expect([status, body.code]).toEqual([403, 'scope-not-held']);
    expect(body.detail).toContain('runs:write, admin');
  });

  it('gives the scope admin to administrators only, whatever their key says', async () => {
    const member = await signIn({ scopes: [...scopeNames] });
    expect((await member.post('/v1/api-keys', { name: 'Root', scopes: ['admin'] })).status).toBe(403);
    expect((await seer.admin.post('/v1/api-keys', { name: 'Root', scopes: ['admin'] })).status).toBe(201);
  });

  it('takes an expiry in the future, with any offset', async () => {
    const caller = await signIn();
    const body = { name: 'Temporary', scopes: ['runs:read'], expires_at: '2099-01-01T01:00:00+01:00' };
    expect((await caller.post('/v1/api-keys', body)).body.expires_at).toBe('2099-01-01T00:00:00.000Z');
  });

  it.each(['2020-01-01T00:00:00Z', '2099-01-01T00:00:60Z'])(
    'refuses the expiry %s as not in the future',
    async (expires_at) => {
      const caller = await signIn();
      const { status, body } = await caller.post('/v1/api-keys', { name: 'Late', scopes: ['runs:read'], expires_at });
      expect([status, body.code]).toEqual([422, 'api-key-expiry-in-past']);
      expect(body.errors[0].pointer).toBe('/expires_at');
    },
  );

  const valid = { name: 'Valid', scopes: ['runs:read'] };
  it.each([
    ['no name', { scopes: valid.scopes }],
    ['an empty name', { ...valid, name: '' }],
    ['a blank name', { ...valid, name: '   ' }],
    ['a name over 255 characters', { ...valid, name: 'n'.repeat(256) }],
    ['a name that is no text', { ...valid, name: 7 }],
    ['no scopes', { name: 'Valid' }],
    ['an empty list of scopes', { ...valid, scopes: [] }],
    ['an unknown scope', { ...valid, scopes: ['everything'] }],
    ['a scope twice', { ...valid, scopes: ['runs:read', 'runs:read'] }],
    ['scopes that are no list', { ...valid, scopes: 'runs:read' }],
    ['an expiry without offset', { ...valid, expires_at: '2099-01-01T00:00:00' }],
    ['an expiry that is no date', { ...valid, expires_at: 'tomorrow' }],
    ['an expiry that is a number', { ...valid, expires_at: 4_102_444_800 }],
  ])('refuses a body with %s', async (_what, body) => {
    expect((await seer.admin.post('/v1/api-keys', body)).status).toBe(400);
  });

  it.each([
    'id',
    'user',
    'user_id',
    'key_id',
    'key_hash',
    'keyHash',
    'prefix',
    'key',
    'last_used_at',
    'revoked_at',
    'created_at',
  ])('refuses to have %s set', async (field) => {
    expect((await seer.admin.post('/v1/api-keys', { ...valid, [field]: 'x' })).status).toBe(400);
  });

  it('makes at most 100 live keys for a user, also when requests come in together', async () => {
    const { token, user } = await makeCaller(seer.app);
    await query(
      `insert into api_key (key_id, user_id, name, prefix, key_hash, scopes, revoked_at, expires_at)
       select gen_random_uuid(), $1, 'Many', 'sk_', gen_random_uuid(), '{}',
              case when n > 110 then now() end, case when n > 105 then now() - interval '1 day' end
         from generate_series(9, 120) n`,
      [user.id],
    );
    const caller = seer.stranger.as(token);
    const answers = await Promise.all(Array.from({ length: 6 }, () => caller.post('/v1/api-keys', valid)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('api-key-limit-reached');
  });
});

describe('GET /v1/api-keys', () => {
  it('lists own keys only, newest first, page by page', async () => {
    const caller = await signIn();
    const other = await signIn();
    await other.post('/v1/api-keys', { name: 'Foreign', scopes: ['runs:read'] });
    for (const name of ['1', '2', '3']) await caller.post('/v1/api-keys', { name, scopes: ['runs:read'] });

    const first = (await caller.get<ApiKeyPage>('/v1/api-keys?limit=3')).body;
    const second = (await caller.get<ApiKeyPage>(`/v1/api-keys?limit=3&cursor=${first.next_cursor}`)).body;
    expect(first.items.map(({ name }) => name)).toEqual(['3', '2', '1']);
    expect(second.items.map(({ name }) => name)).toEqual(['Test']);
    expect(second.next_cursor).toBeNull();
    expect((await other.get(`/v1/api-keys?limit=3&cursor=${first.next_cursor}`)).status).toBe(400);
  });

  it('shows revoked keys too', async () => {
    const caller = await signIn();
    const { body } = await caller.post('/v1/api-keys', { name: 'Gone', scopes: ['runs:read'] });
    await caller.delete(`/v1/api-keys/${body.key_id}`);
    const [newest] = (await caller.get<{ items: Record<keyof ApiKeyResponse, string>[] }>('/v1/api-keys')).body.items;
    expect(newest).toMatchObject({ key_id: body.key_id, revoked_at: expect.stringMatching(/^\d{4}-.*Z$/) });
  });
});

describe('DELETE /v1/api-keys/{id}', () => {
  it('revokes once, and says so each time', async () => {
    const caller = await signIn();
    const { body } = await caller.post('/v1/api-keys', { name: 'Gone', scopes: ['runs:read'] });
    const revokedAt = async () => (await caller.get('/v1/api-keys')).body.items[0].revoked_at;

    const answer = await caller.delete(`/v1/api-keys/${body.key_id}`);
    expect([answer.status, answer.body]).toEqual([204, '']);
    const first = await revokedAt();
    expect((await caller.delete(`/v1/api-keys/${body.key_id}`)).status).toBe(204);
    expect(await revokedAt()).toBe(first);
  });

  it('answers the same 404 for foreign, unknown and impossible ids', async () => {
    const [caller, stranger] = [await signIn(), await makeCaller(seer.app)];
    const ids = [stranger.key.publicId, 'key_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b', 'run_1', stranger.key.id];
    for (const id of ids) {
      const { status, body } = await caller.delete(`/v1/api-keys/${id}`);
      expect([status, body.code, body.detail]).toEqual([404, 'api-key-not-found', `There is no API key ${id}.`]);
    }
    expect((await seer.stranger.as(stranger.token).get('/v1/me')).status).toBe(200);
  });
});

describe('The first administrator', () => {
  /** An installation whose administrator and keys are gone, then started anew with this configured key. */
  async function restart(configuredKey: string | undefined, processes = 1): Promise<(string | undefined)[]> {
    const environment = readEnvironment({ SEER_BOOTSTRAP_API_KEY: configuredKey });
    const em = seer.app.get(EntityManager);
    const audit = seer.app.get(Audit);
    return Promise.all(Array.from({ length: processes }, () => new Bootstrap(em, environment, audit).firstAdminKey()));
  }

  beforeEach(async () => {
    await query(`delete from "user" where issuer = 'seer'`);
  });

  it('gets one key, made by one of the processes that start together', async () => {
    const made = (await restart(undefined, 5)).filter((key) => key !== undefined);
    expect(made).toHaveLength(1);
    const { body } = await seer.stranger.as(made[0]!).get('/v1/me');
    expect(body).toMatchObject({ user_id: 'admin', issuer: 'seer', role: 'admin', scopes: scopeNames });
    expect(await restart(undefined)).toEqual([undefined]);
  });

  it('gets the configured key, which is never shown', async () => {
    const configured = 'an operator may choose: anything!'.replaceAll(' ', '_');
    expect(await restart(configured, 5)).toEqual(Array(5).fill(undefined));
    expect((await seer.stranger.as(configured).get('/v1/me')).body.role).toBe('admin');
    expect(await restart(undefined)).toEqual([undefined]);
  });

  it('gets a configured key that changed as a further one', async () => {
    const [before, after] = [makeApiKeySecret(), makeApiKeySecret()];
    await restart(before);
    await restart(after);
    for (const key of [before, after]) expect((await seer.stranger.as(key).get('/v1/me')).status).toBe(200);
  });

  it('does not get a revoked key back, although it is still configured', async () => {
    const configured = makeApiKeySecret();
    await restart(configured);
    const admin = seer.stranger.as(configured);
    await admin.delete(`/v1/api-keys/${(await admin.get('/v1/api-keys')).body.items[0].key_id}`);
    await restart(configured);
    expect((await admin.get('/v1/me')).status).toBe(401);
    expect(await restart(undefined)).toEqual([undefined]);
  });

  it.each([
    ['of the shape of a JWT', `${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`],
    ['with a space', `${'a'.repeat(20)} ${'b'.repeat(20)}`],
    ['that is not ASCII', 'ä'.repeat(40)],
    ['longer than a header may be', 'a'.repeat(9_000)],
  ])('is not made with a configured key %s', async (_what, configured) => {
    await expect(restart(configured)).rejects.toThrow(ConfigurationError);
  });
});
