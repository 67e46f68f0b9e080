import { randomUUID } from 'node:crypto';
import { Attacker, type Database, openDatabase } from './support/attacker.js';
import { type TestApp, startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { OAuthServer } from './support/oauth-server.js';
import { AccessTokens } from '../src/oauth/index.js';

const base = '/v1/integrations/connections';

let acme: OAuthServer;
let seer: TestApp;
let database: Database;
let attacker: Attacker;
let owner: Client;
let other: Client;
let ownerId: string;
let otherId: string;
let otherToken: string;
let id: string;

beforeAll(async () => {
  acme = await OAuthServer.start();
  seer = await startApp({ ...acme.environment(), SEER_FRONTEND_ORIGINS: 'https://app.test' });
  database = await openDatabase(seer.databaseUrl);
  attacker = new Attacker(seer);
  const [first, second] = [await makeCaller(seer.app), await makeCaller(seer.app)];
  [owner, other] = [seer.stranger.as(first.token), seer.stranger.as(second.token)];
  [ownerId, otherId, otherToken] = [first.user.id, second.user.id, second.token];
  id = await connectAccount(first.token);
});

afterAll(async () => {
  await database.close();
  await seer.close();
  await acme.close();
});

async function connectAccount(token: string, query: Record<string, string> = {}): Promise<string> {
  const begun = await attacker.begin(token, { ...query, redirect_to: 'https://app.test/' });
  const { location } = await attacker.open(await attacker.consent(begun), begun.cookie);
  return location!.searchParams.get('connection_id')!;
}

const routes: [method: string, path: (id: string) => string][] = [
  ['GET', (of) => `${base}/${of}`],
  ['GET', (of) => `${base}/${of}/health`],
  ['POST', (of) => `${base}/${of}/refresh`],
  ['DELETE', (of) => `${base}/${of}`],
  ['GET', (of) => `/v1/integrations/acme/authorize?connection_id=${of}`],
];

describe('A connection of another user', () => {
  it.each(routes)('is not found by %s, in the words of one that is unknown', async (method, path) => {
    const before = await database.counts();
    const unknownId = `conn_${randomUUID()}`;
    const theirs = await other.call<any>(method, path(id));
    const unknown = await other.call<any>(method, path(unknownId));
    const wordsOf = ({ body }: { body: object }) =>
      JSON.stringify({ ...body, request_id: '' })
        .replaceAll(id, 'ID')
        .replaceAll(unknownId, 'ID');
    expect([theirs.status, theirs.body.code]).toEqual([404, 'connection-not-found']);
    expect([unknown.status, wordsOf(unknown)]).toEqual([404, wordsOf(theirs)]);
    expect([...theirs.headers.keys()]).toEqual([...unknown.headers.keys()]);
    expect(await database.counts()).toEqual(before);
  });

  it.each(routes)('and ids of other forms are not found by %s either', async (method, path) => {
    const uuid = id.slice('conn_'.length);
    const [row] = await database.rowsOf('select id::text from oauth_connection limit 1');
    for (const spelling of [uuid, `wf_${uuid}`, id.toUpperCase(), `${id}'`, row.id, 'null', '*', '%25', '%2e%2e']) {
      const { status } = await other.call(method, path(spelling));
      expect([spelling, status]).toEqual([spelling, 404]);
    }
  });

  it('is in no list of theirs, not even by a cursor of its owner', async () => {
    await connectAs('bob');
    const { body } = await owner.get(`${base}?limit=1`);
    expect(body.next_cursor).toEqual(expect.any(String));
    expect((await other.get(base)).body.items).toEqual([]);
    const stolen = await other.get(`${base}?limit=1&cursor=${encodeURIComponent(body.next_cursor)}`);
    expect(stolen.status).toBe(400);
  });

  it('gives no token to them, whatever asks inside of Seer', async () => {
    const tokens = seer.app.get(AccessTokens);
    const connectionId = id.slice('conn_'.length);
    await expect(tokens.fresh({ connectionId, userId: otherId })).rejects.toMatchObject({
      code: 'connection-not-found',
    });
    await expect(tokens.fresh({ connectionId, userId: ownerId })).resolves.toMatchObject({ connectionId });
  });

  it('does not open when its tokens are put into a row of theirs', async () => {
    const mine = await connectAccount(otherToken);
    const uuid = mine.slice('conn_'.length);
    await database.rowsOf(
      `update oauth_connection set access_token = o.access_token, refresh_token = o.refresh_token
         from oauth_connection o where oauth_connection.connection_id = $1 and o.connection_id = $2`,
      [uuid, id.slice('conn_'.length)],
    );
    await expect(seer.app.get(AccessTokens).fresh({ connectionId: uuid, userId: otherId })).rejects.toThrow(
      'cannot be decrypted',
    );
    expect((await other.get(base)).status).toBe(200);
    await database.rowsOf('delete from oauth_connection where connection_id = $1', [uuid]);
  });

  it('is another one than theirs with the same account: the one can be deleted, and the other lives', async () => {
    const mine = await connectAccount(otherToken);
    expect(mine).not.toBe(id);
    expect((await other.delete(`${base}/${mine}`)).status).toBe(200);
    expect((await owner.get(`${base}/${id}`)).body).toMatchObject({ connection_id: id, status: 'healthy' });
    expect((await owner.post(`${base}/${id}/refresh`)).status).toBe(200);
  });
});

describe('A connection', () => {
  it('is connected again with its own account only', async () => {
    acme.account = 'eve';
    try {
      const begun = await attacker.begin(owner.authorization.authorization!.slice(7), { connection_id: id });
      const before = await database.rowsOf('select to_jsonb(c) as row from oauth_connection c order by id');
      const outcome = await attacker.open(await attacker.consent(begun), begun.cookie);
      expect([outcome.status, outcome.code]).toEqual([409, 'oauth-account-mismatch']);
      expect(await database.rowsOf('select to_jsonb(c) as row from oauth_connection c order by id')).toEqual(before);
    } finally {
      acme.account = 'ada';
    }
  });
});

describe('A key', () => {
  it('without connections:read reads nothing', async () => {
    const { token } = await makeCaller(seer.app, { scopes: ['connections:write'] });
    const reads = [base, `${base}/${id}`, `${base}/${id}/health`, '/v1/integrations/providers'];
    for (const path of reads) {
      const { status, body } = await seer.stranger.as(token).get(path);
      expect([path, status, body.code]).toEqual([path, 403, 'scope-missing']);
    }
  });

  it('without connections:write begins, refreshes and deletes nothing', async () => {
    const before = await database.counts();
    const { token } = await makeCaller(seer.app, { scopes: ['connections:read', 'workflows:write', 'runs:write'] });
    for (const [method, path] of routes.slice(2)) {
      const { status, body } = await seer.stranger.as(token).call<any>(method, path(id));
      expect([method, status, body.code]).toEqual([method, 403, 'scope-missing']);
    }
    expect(await database.counts()).toEqual(before);
  });
});

describe('Clients of providers', () => {
  const path = '/v1/admin/oauth-clients';
  const client = { client_id: 'an-id', client_secret: 'a-secret-that-is-never-shown' };

  it.each([
    ['GET', path, undefined],
    ['PUT', `${path}/google`, client],
    ['DELETE', `${path}/google`, undefined],
    ['DELETE', `${path}/unknown`, undefined],
  ])('are no business of members: %s %s', async (method, address, body) => {
    const { token } = await makeCaller(seer.app, { scopes: ['admin', 'connections:read', 'connections:write'] });
    for (const member of [owner, seer.stranger.as(token)]) {
      const answer = await member.call<any>(method, address, body);
      expect([answer.status, answer.body.code]).toEqual([403, 'scope-missing']);
    }
    expect((await seer.stranger.call(method, address, body)).status).toBe(401);
    expect(await database.rowsOf('select * from oauth_client')).toEqual([]);
  });

  it('are listed without their secrets, whether they come from the environment or were stored', async () => {
    expect((await seer.admin.put(`${path}/google`, client)).status).toBe(204);
    const { body } = await seer.admin.get(path);
    expect(body.items.map((item: { provider: string }) => item.provider).toSorted()).toEqual(['acme', 'google']);
    for (const text of [JSON.stringify(body), JSON.stringify((await owner.get('/v1/integrations/providers')).body)]) {
      expect(text).not.toContain(client.client_secret);
      expect(text).not.toContain(acme.clientSecret);
    }
    const [row] = await database.rowsOf('select to_jsonb(c)::text as text from oauth_client c');
    expect(row.text).not.toContain(client.client_secret);
    expect((await seer.admin.delete(`${path}/google`)).status).toBe(204);
  });

  it('are refused with secrets that could not be sent', async () => {
    for (const secret of ['', 'a b', 'a\nb', 'ä', 'x'.repeat(5_000), 1, null]) {
      const answer = await seer.admin.put(`${path}/google`, { ...client, client_secret: secret });
      expect([secret, answer.status]).toEqual([secret, 400]);
    }
    expect((await seer.admin.put(`${path}/unknown`, client)).status).toBe(404);
  });
});

/** The owner connects a second account. */
async function connectAs(account: string): Promise<void> {
  acme.account = account;
  await connectAccount(owner.authorization.authorization!.slice(7));
  acme.account = 'ada';
}
