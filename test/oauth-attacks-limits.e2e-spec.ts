import { Attacker, type Database, openDatabase } from './support/attacker.js';
import { type TestApp, startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { OAuthServer } from './support/oauth-server.js';

let acme: OAuthServer;
let seer: TestApp;
let database: Database;
let attacker: Attacker;
let token: string;

beforeAll(async () => {
  acme = await OAuthServer.start();
  seer = await startApp(acme.environment());
  database = await openDatabase(seer.databaseUrl);
  attacker = new Attacker(seer);
});

afterAll(async () => {
  await database.close();
  await seer.close();
  await acme.close();
});

beforeEach(async () => {
  await database.rowsOf('delete from oauth_authorization');
  ({ token } = await makeCaller(seer.app));
});

const authorizations = async () => (await database.counts()).authorizations;

describe('Authorizations that nobody finishes', () => {
  it('are 50 of a user at most, the newest ones, and no business of other users', async () => {
    const { token: other } = await makeCaller(seer.app);
    await attacker.begin(other);
    const states: string[] = [];
    for (let begun = 0; begun < 200; begun++) states.push((await attacker.begin(token)).state);
    expect(await authorizations()).toBe(50 + 1);
    const last = await attacker.begin(token);
    expect((await attacker.open(await attacker.consent(last), last.cookie)).status).toBe(200);
    expect(new Set(states).size).toBe(200);
  });

  it('are a few more at most while many begin at the same moment, and 50 with the next one', async () => {
    await Promise.all(Array.from({ length: 200 }, () => attacker.begin(token)));
    // Those that are under way do not see each other, and the pool lets ten of them be under way.
    expect(await authorizations()).toBeLessThan(50 + 10);
    await attacker.begin(token);
    expect(await authorizations()).toBe(50);
  });
});

describe('Scopes', () => {
  const many = (count: number, length = 4) =>
    Array.from({ length: count }, (_, at) => `s${at}`.padEnd(length, 'x')).join(' ');

  it.each([
    ['a quote', 'a"b', 422],
    ['a backslash', 'a\\b', 422],
    ['a control', 'a\u0001b', 422],
    ['a delete', 'a\u007fb', 422],
    ['another script', 'öffentlich', 422],
    ['an emoji', '\u{1f600}', 422],
    ['1,000 of them', many(1_000), 400],
    ['101 of them', many(101), 400],
    ['one of 256 characters', 'x'.repeat(256), 400],
    ['more than fit into the address of a link', many(99, 120), 400],
  ])('with %s are refused, and nothing begins', async (_what, scopes, status) => {
    const query = new URLSearchParams({ scopes });
    const answer = await seer.stranger.as(token).get(`/v1/integrations/acme/authorize?${query}`);
    expect(answer.status).toBe(status);
    expect(await authorizations()).toBe(0);
  });

  it('with a NUL, or longer than any URL, are refused', async () => {
    const nul = await seer.stranger.as(token).get('/v1/integrations/acme/authorize?scopes=a%00b');
    expect(nul.status).toBe(400);
    const path = `/v1/integrations/acme/authorize?scopes=${'x'.repeat(100_000)}`;
    expect((await fetch(seer.url + path, { headers: { authorization: `Bearer ${token}` } })).status).toBe(431);
    expect(await authorizations()).toBe(0);
  });

  it('that are given as a list or an object are refused or taken as scopes, never as something else', async () => {
    for (const query of ['scopes=a&scopes=b', 'scopes[]=a', 'scopes[a]=b', 'scopes[__proto__]=x']) {
      const answer = await seer.stranger.as(token).get(`/v1/integrations/acme/authorize?${query}`);
      expect([query, answer.status < 500]).toEqual([query, true]);
    }
  });

  it('that are as many as may be asked for still make a link that can be opened', async () => {
    const begun = await attacker.begin(token, { scopes: many(100, 80) });
    const shown = await attacker.open(begun.connectUrl, '', 'text/html');
    expect(shown.status).toBe(200);
    const cookie = shown.headers.getSetCookie()[0]!.split(';')[0]!;
    const next = /<a href="([^"]+)"/.exec(shown.text)![1]!;
    expect((await attacker.open(next, cookie)).status).toBe(303);
  });
});
