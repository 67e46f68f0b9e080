import { jest } from '@jest/globals';
import { Attacker, type Database, openDatabase, type Outcome, together } from './support/attacker.js';
import { type TestApp, startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { OAuthServer, PUBLIC_URL } from './support/oauth-server.js';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const day = 24 * 3_600_000;

let acme: OAuthServer;
let zenith: OAuthServer;
let seer: TestApp;
let database: Database;
let attacker: Attacker;
let caller: Awaited<ReturnType<typeof makeCaller>>;

beforeAll(async () => {
  acme = await OAuthServer.start();
  zenith = await OAuthServer.start({ key: 'zenith' });
  seer = await startApp(together(acme.environment(), zenith.environment('zenith')));
  database = await openDatabase(seer.databaseUrl);
  attacker = new Attacker(seer);
});

afterAll(async () => {
  await database.close();
  await seer.close();
  await Promise.all([acme.close(), zenith.close()]);
});

beforeEach(async () => {
  await database.rowsOf('delete from oauth_connection');
  caller = await makeCaller(seer.app);
  await database.rowsOf('delete from oauth_authorization');
});

/** A link to connect an account, without the authorization that was begun beside it. */
async function makeLink(query: Record<string, string> = {}): Promise<string> {
  const { connectUrl } = await attacker.begin(caller.token, query);
  await database.rowsOf('delete from oauth_authorization');
  return connectUrl;
}

const nextOf = ({ text }: Outcome) => /<a href="([^"]+)"/.exec(text)![1]!;
const cookieOf = ({ headers }: Outcome) => headers.getSetCookie()[0]!.split(';')[0]!;
const pageOf = (link: string, cookie = '') => attacker.open(link, cookie, 'text/html');

/** Connects an account of the caller. @returns its id */
async function connectAccount(): Promise<string> {
  const begun = await attacker.begin(caller.token);
  expect((await attacker.open(await attacker.consent(begun), begun.cookie)).status).toBe(200);
  const { body } = await seer.stranger.as(caller.token).get('/v1/integrations/connections');
  return body.items[0].connection_id;
}

async function expectInvalid(link: string, cookie = ''): Promise<void> {
  const outcome = await attacker.open(link, cookie);
  expect([link, outcome.status, outcome.code]).toEqual([link, 404, 'connect-link-invalid']);
}

describe('A connect link', () => {
  it('connects an account for its user in a browser that was asked', async () => {
    const shown = await pageOf(await makeLink());
    const sent = await attacker.open(nextOf(shown), cookieOf(shown));
    expect([sent.status, sent.location!.origin]).toEqual([303, acme.issuer]);
    const callback = await attacker.consent({ url: sent.location! });
    expect((await attacker.open(callback, cookieOf(shown))).status).toBe(200);
    const { body } = await seer.stranger.as(caller.token).get('/v1/integrations/connections');
    expect(body.items).toHaveLength(1);
  });

  it('that was altered at any character is refused', async () => {
    const link = await makeLink();
    const start = link.lastIndexOf('/') + 1;
    for (let at = start; at < link.length; at++) {
      const next = link[at] === '.' ? 'A' : alphabet[(alphabet.indexOf(link[at]!) + 1) % 64]!;
      await expectInvalid(link.slice(0, at) + next + link.slice(at + 1));
    }
  });

  it('has one spelling', async () => {
    const link = await makeLink();
    const ends = [...alphabet].filter((character) => character !== link.at(-1));
    for (const end of ends) await expectInvalid(link.slice(0, -1) + end);
    for (const more of ['A', '=', '.', '.x', '+', '%3D', '%20', '%0A', '!', '*']) await expectInvalid(link + more);
    const [text, mac] = link.slice(link.lastIndexOf('/') + 1).split('.') as [string, string];
    const base = link.slice(0, link.lastIndexOf('/') + 1);
    for (const token of [text, `${text}.`, `.${mac}`, mac, `${mac}.${text}`, `${text}.${mac}.${mac}`, 'x.', 'x.y']) {
      await expectInvalid(base + token);
    }
    await expectInvalid(`${base}${text}.${mac.replaceAll('-', '+')}=`);
  });

  it('of another provider is refused', async () => {
    const link = await makeLink();
    await expectInvalid(link.replace('/acme/', '/zenith/'));
    await expectInvalid(link.replace('/acme/', '/google/'));
    const shown = await pageOf(link);
    await expectInvalid(nextOf(shown).replace('/acme/', '/zenith/'), cookieOf(shown));
  });

  it('ends after seven days, also for a browser that was asked before', async () => {
    const link = await makeLink();
    const shown = await pageOf(link);
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now');
    try {
      clock.mockReturnValue(now + 7 * day - 60_000);
      expect((await pageOf(link)).status).toBe(200);
      clock.mockReturnValue(now + 7 * day + 1);
      await expectInvalid(link);
      await expectInvalid(nextOf(shown), cookieOf(shown));
    } finally {
      clock.mockRestore();
    }
    expect((await database.counts()).authorizations).toBe(0);
  });

  it('of a user who is gone is refused, also by a browser that was asked before', async () => {
    const link = await makeLink();
    const shown = await pageOf(link);
    await database.rowsOf('delete from "user" where id = $1', [caller.user.id]);
    await expectInvalid(link);
    await expectInvalid(nextOf(shown), cookieOf(shown));
  });

  it('to connect again something that was deleted is refused, at every step', async () => {
    const id = await connectAccount();
    const link = await makeLink({ connection_id: id });
    const shown = await pageOf(link);
    expect(shown.text).toContain('ada@acme.example');
    const sent = await attacker.open(nextOf(shown), cookieOf(shown));
    const callback = await attacker.consent({ url: sent.location! });
    expect((await seer.stranger.as(caller.token).delete(`/v1/integrations/connections/${id}`)).status).toBe(200);
    await expectInvalid(link);
    await expectInvalid(nextOf(shown), cookieOf(shown));
    expect(await attacker.open(callback, cookieOf(shown))).toMatchObject({ status: 404, code: 'connection-not-found' });
    expect(await database.counts()).toEqual({ connections: 0, authorizations: 0 });
  });

  it('stores nothing and begins nothing by being opened, however often', async () => {
    const link = await makeLink();
    const before = await database.counts();
    for (let time = 0; time < 5; time++) expect((await pageOf(link)).status).toBe(200);
    await fetch(link.replace(PUBLIC_URL, seer.url), { method: 'HEAD' });
    expect(await database.counts()).toEqual(before);
    expect(before.authorizations).toBe(0);
  });

  it('asks each browser by itself: the proof of another one, or of another link, leads back to the question', async () => {
    const [link, other] = [await makeLink(), await makeLink({ scopes: 'files.read' })];
    const [mine, theirs, mineOfOther] = [await pageOf(link), await pageOf(link), await pageOf(other)];
    const proofOf = (outcome: Outcome) => nextOf(outcome).split('/').at(-1)!;
    const tries: [proof: string, cookie: string][] = [
      [proofOf(theirs), cookieOf(mine)],
      [proofOf(mine), cookieOf(theirs)],
      [proofOf(mineOfOther), cookieOf(mine)],
      [proofOf(mine), ''],
      [proofOf(mine).slice(0, -1), cookieOf(mine)],
      [`${proofOf(mine)}A`, cookieOf(mine)],
      [link.split('.').at(-1)!, cookieOf(mine)],
      ['undefined', cookieOf(mine)],
      ['x', ''],
    ];
    for (const [proof, cookie] of tries) {
      const outcome = await attacker.open(`${link}/${proof}`, cookie);
      expect([outcome.status, outcome.location?.href]).toEqual([303, link]);
    }
    expect((await database.counts()).authorizations).toBe(0);
  });

  it('says for which account it is, escaped, and can be neither framed nor scripted', async () => {
    const id = await connectAccount();
    const evil = `<img src=x onerror=alert(1)>"'&</strong>`;
    await database.rowsOf('update "user" set email = $1 where id = $2', [evil, caller.user.id]);
    await database.rowsOf('update oauth_connection set account_label = $1', [evil]);
    const { text, headers } = await pageOf(await makeLink({ connection_id: id }));
    const escaped = '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;&lt;/strong&gt;';
    expect(text.split(escaped)).toHaveLength(3);
    expect(text).not.toContain('<img');
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`frame-ancestors 'none'`);
    expect(policy).not.toContain('script-src');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('shows what is wrong with it as a page, escaped', async () => {
    const { status, text } = await pageOf('/v1/integrations/%3Cb%3E/callback?state=x');
    expect([status, text.includes('<b>')]).toEqual([404, false]);
    expect(text).toContain('&lt;b&gt;');
    expect((await pageOf('/v1/integrations/%3Cb%3E/connect/x')).text).toContain('This link is not valid');
  });

  it('holds nothing that could be used otherwise: no key, no token, no state', async () => {
    const link = await makeLink({ connection_id: await connectAccount() });
    const text = Buffer.from(link.slice(link.lastIndexOf('/') + 1).split('.')[0]!, 'base64url').toString();
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['userId', 'provider', 'scopes', 'connectionId', 'until']);
  });
});

describe('The cookie of a browser', () => {
  it('is out of reach for scripts, other sites and other hosts', async () => {
    const shown = await pageOf(await makeLink());
    const [cookie] = shown.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-seer-browser=[\w-]{43}; Max-Age=3600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  it('is made anew when it is none of ours', async () => {
    const link = await makeLink();
    for (const forged of ['x', 'a'.repeat(42), 'a'.repeat(44), `${'a'.repeat(42)}!`, '']) {
      const made = cookieOf(await pageOf(link, `__Host-seer-browser=${forged}`));
      expect(made).toMatch(/=[\w-]{43}$/);
      expect(made).not.toContain('aaaa');
    }
  });
});
