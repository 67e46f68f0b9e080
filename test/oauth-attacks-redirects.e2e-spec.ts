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
  seer = await startApp({ ...acme.environment(), SEER_FRONTEND_ORIGINS: 'https://app.test,https://app.test:8443' });
  database = await openDatabase(seer.databaseUrl);
  attacker = new Attacker(seer);
  ({ token } = await makeCaller(seer.app));
});

afterAll(async () => {
  await database.close();
  await seer.close();
  await acme.close();
});

const foreign = [
  'https://evil.test/',
  'https://app.test@evil.test/',
  'https://app.test:pass@evil.test/',
  'https://user@app.test/',
  'https://user:pass@app.test/',
  'https://app.test%40evil.test/',
  'https://app.test\\@evil.test/',
  'https://evil.test\\@app.test/',
  'https:\\\\app.test\\',
  'https:/\\evil.test',
  '//app.test/',
  '//evil.test/',
  '///evil.test/',
  '\\\\evil.test/',
  '/done',
  'done',
  '',
  ' ',
  ' https://app.test/',
  'https://app.test/ ',
  'https://app.test/a b',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)//https://app.test/',
  'javascript://app.test/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:https://app.test/1',
  'view-source:https://app.test/',
  'filesystem:https://app.test/',
  'HTTPS://app.test/',
  'hTTps://evil.test/',
  'ftp://app.test/',
  'ws://app.test/',
  'http://app.test/',
  'https:app.test',
  'https://app.test./',
  'https://app.test.evil.test/',
  'https://evil-app.test/',
  'https://evilapp.test/',
  'https://sub.app.test/',
  'https://app.tes/',
  'https://app.test:444/',
  'https://app.test:80/',
  'https://app.test:8443@evil.test/',
  'https://app.test:08443x/',
  'https://app.test:99999/',
  'https://evil.test#https://app.test/',
  'https://evil.test?https://app.test/',
  'https://evil.test/https://app.test/',
  'https://evil.test;https://app.test/',
  'https://ａpp.test/',
  'https://app。test/',
  'https://аpp.test/',
  'https://xn--pp-6kc.test/',
  'https://app.test\u2024evil.test/',
  'https://app.test\u2028evil.test/',
  'https://app.test/\u202egro.live',
  'https://app.test\t.evil.test/',
  'ht\ttps://evil.test/',
  'https://app.test/\r\nset-cookie: a=b',
  'https://app.test\n@evil.test/',
  'https%3A%2F%2Fapp.test%2F',
  'https://%65vil.test/',
  'https://app.test%2eevil.test/',
  'https://app.test%2f.evil.test/',
  'https://[::1]/',
  'https://127.0.0.1/',
  'https://app.test,https://evil.test/',
  'https://*.test/',
  'null',
  'about:blank',
  `https://app.test/${'x'.repeat(2_100)}`,
];

describe('redirect_to', () => {
  it.each(foreign.map((target) => [JSON.stringify(target).slice(0, 60), target]))(
    '%s is refused, and nothing begins',
    async (_shown, target) => {
      const before = await database.counts();
      const query = new URLSearchParams({ redirect_to: target });
      const answer = await seer.stranger.as(token).get(`/v1/integrations/acme/authorize?${query}`);
      expect([400, 422]).toContain(answer.status);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(await database.counts()).toEqual(before);
    },
  );

  it.each([
    ['a NUL', 'redirect_to=https://app.test/%00', 400],
    ['half a character', 'redirect_to=https://app.test/%ff', 400],
    ['two addresses', 'redirect_to=https://app.test/&redirect_to=https://evil.test/', 400],
    ['an object', 'redirect_to[a]=https://app.test/', 400],
  ])('with %s is refused, and nothing begins', async (_what, query, status) => {
    const before = await database.counts();
    const answer = await seer.stranger.as(token).get(`/v1/integrations/acme/authorize?${query}`);
    expect(answer.status).toBe(status);
    expect(await database.counts()).toEqual(before);
  });

  it.each([
    ['https://app.test', 'https://app.test/', ''],
    ['https://app.test/a/b;c?x=1&y=a%20b&x=2&z#/route?deep=1', 'https://app.test/a/b;c', '#/route?deep=1'],
    ['https://app.test:443/done', 'https://app.test/done', ''],
    ['https://app.test:8443/done?q=https://evil.test/', 'https://app.test:8443/done', ''],
    ['https://app.test/#@evil.test/', 'https://app.test/', '#@evil.test/'],
    ['https://app.test//evil.test/', 'https://app.test//evil.test/', ''],
  ])('%s is where the browser ends, with path, query and fragment kept', async (target, place, hash) => {
    const begun = await attacker.begin(token, { redirect_to: target });
    const { status, location, headers } = await attacker.open(await attacker.consent(begun), begun.cookie);
    expect([status, location!.origin + location!.pathname, location!.hash]).toEqual([303, place, hash]);
    const { searchParams } = location!;
    expect(searchParams.get('connection_id')).toMatch(/^conn_/);
    searchParams.delete('connection_id');
    expect([...searchParams]).toEqual([...new URL(target).searchParams]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('gets neither code nor state nor token, and what it holds of its own is no part of the result', async () => {
    const begun = await attacker.begin(token, { redirect_to: 'https://app.test/?connection_id=conn_forged' });
    const callback = await attacker.consent(begun);
    const { location } = await attacker.open(callback, begun.cookie);
    expect(location!.searchParams.getAll('connection_id')).toEqual([expect.stringMatching(/^conn_[0-9a-f-]{36}$/)]);
    for (const secret of [begun.state, callback.searchParams.get('code')!, ...acme.secrets]) {
      expect(location!.href).not.toContain(secret);
    }
  });

  it('is refused altogether where the operator allows no origin', async () => {
    const other = await startApp(acme.environment());
    try {
      const { token: theirs } = await makeCaller(other.app);
      for (const target of ['https://app.test/', 'https://seer.test/', other.url, 'https://undefined/', 'null']) {
        const query = new URLSearchParams({ redirect_to: target });
        const answer = await other.stranger.as(theirs).get(`/v1/integrations/acme/authorize?${query}`);
        expect([target, answer.status, answer.body.code]).toEqual([target, 422, 'redirect-not-allowed']);
      }
    } finally {
      await other.close();
    }
  });
});
