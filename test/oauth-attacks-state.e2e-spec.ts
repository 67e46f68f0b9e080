import { randomBytes } from 'node:crypto';
import { Attacker, type Begun, changed, COOKIE, type Database, openDatabase, together } from './support/attacker.js';
import { type TestApp, startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { OAuthServer } from './support/oauth-server.js';

let acme: OAuthServer;
let zenith: OAuthServer;
let seer: TestApp;
let database: Database;
let attacker: Attacker;
let token: string;

beforeAll(async () => {
  acme = await OAuthServer.start();
  zenith = await OAuthServer.start({ key: 'zenith' });
  const environment = together(acme.environment(), zenith.environment('zenith'));
  seer = await startApp({ ...environment, SEER_FRONTEND_ORIGINS: 'https://app.test' });
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
  await database.rowsOf('delete from oauth_authorization');
  ({ token } = await makeCaller(seer.app));
});

/** Opens a callback, which must be refused, with this problem, and store nothing. */
async function expectRefused(callback: URL | string, cookie: string, code = 'oauth-state-invalid'): Promise<void> {
  const before = await database.counts();
  const outcome = await attacker.open(callback, cookie);
  expect([outcome.status, outcome.code]).toEqual([400, code]);
  expect((await database.counts()).connections).toBe(before.connections);
}

async function expectConnects(callback: URL | string, cookie: string): Promise<void> {
  expect((await attacker.open(callback, cookie)).status).toBe(200);
  expect((await database.counts()).connections).toBe(1);
}

/** Begins and consents: only the way back is missing. */
async function almost(query: Record<string, string> = {}): Promise<Begun & { callback: URL }> {
  const begun = await attacker.begin(token, query);
  return { ...begun, callback: await attacker.consent(begun) };
}

describe('A state', () => {
  it('connects once, however often it comes back', async () => {
    const { callback, cookie } = await almost();
    await expectConnects(callback, cookie);
    for (let again = 0; again < 3; again++) await expectRefused(callback, cookie);
    expect(acme.errors).toEqual([]);
  });

  it('connects once when it comes back 20 times at the same moment', async () => {
    const { callback, cookie } = await almost();
    const asked = acme.asked.authorization_code;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => attacker.open(callback, cookie)));
    const statuses = outcomes.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 400)]);
    expect(acme.asked.authorization_code - asked).toBe(1);
    expect((await database.counts()).connections).toBe(1);
  });

  it('is of no use after ten minutes', async () => {
    const { callback, cookie } = await almost();
    const [row] = await database.rowsOf(
      `select expires_at between now() + interval '9 minutes' and now() + interval '10 minutes' as so
         from oauth_authorization`,
    );
    expect(row).toEqual({ so: true });
    await database.rowsOf(`update oauth_authorization set expires_at = now() - interval '1 millisecond'`);
    await expectRefused(callback, cookie);
  });

  it('is no use in the browser of another user, and stays good in its own', async () => {
    const mine = await almost();
    const { token: other } = await makeCaller(seer.app);
    const theirs = await attacker.begin(other);
    // Mine finished by them: my account would be theirs. Theirs finished by me: their account would be mine.
    await expectRefused(mine.callback, theirs.cookie);
    await expectRefused(changed(mine.callback, { state: theirs.state }), mine.cookie);
    await expectRefused(changed(await attacker.consent(theirs), { state: mine.state }), theirs.cookie);
    await expectConnects(mine.callback, mine.cookie);
    expect((await seer.stranger.as(other).get('/v1/integrations/connections')).body.items).toEqual([]);
  });

  it('belongs to the user who began, although the browser has begun for another one since', async () => {
    const { token: other } = await makeCaller(seer.app);
    const first = await attacker.begin(token);
    const second = await attacker.begin(other, {}, 'acme', first.cookie);
    expect(second.cookie).toBe(first.cookie);
    await expectConnects(await attacker.consent(first), first.cookie);
    expect((await seer.stranger.as(other).get('/v1/integrations/connections')).body.items).toEqual([]);
    expect((await seer.stranger.as(token).get('/v1/integrations/connections')).body.items).toHaveLength(1);
  });

  it('is bound to its browser: no cookie, another one, and other spellings of its own are refused', async () => {
    const { callback, cookie } = await almost();
    const value = cookie.slice(COOKIE.length + 1);
    const others = [
      '',
      `${COOKIE}=`,
      `${COOKIE}=${randomBytes(32).toString('base64url')}`,
      `${COOKIE}=${value.slice(1)}`,
      `${COOKIE}=${value}=`,
      `${COOKIE}="${value}"`,
      `${COOKIE}=%${value.charCodeAt(0).toString(16)}${value.slice(1)}`,
      `${COOKIE}=${value.toUpperCase()}`,
      `seer-browser=${value}`,
      `__host-seer-browser=${value}`,
      `__Secure-seer-browser=${value}`,
      `${COOKIE}2=${value}`,
      `x=${COOKIE}=${value}`,
      `${COOKIE} =${value}`,
      `${COOKIE}[]=${value}`,
    ];
    for (const other of others) await expectRefused(callback, other);
    await expectConnects(callback, `a=b; ${cookie}; c=d`);
  });

  it.each([
    ['none', (callback: URL) => changed(callback, { state: null })],
    ['an empty one', (callback: URL) => changed(callback, { state: '' })],
    ['a forged one', (callback: URL) => changed(callback, { state: randomBytes(32).toString('base64url') })],
    ['it twice', (callback: URL) => `${callback}&state=${callback.searchParams.get('state')}`],
    ['it and another one', (callback: URL) => `${callback}&state=x`],
    ['another one and it', (callback: URL) => String(callback).replace('state=', 'state=x&state=')],
    ['it in brackets', (callback: URL) => String(callback).replace('state=', 'state[]=')],
    ['it in capitals', (callback: URL) => String(callback).replace('state=', 'STATE=')],
    ['it with a space', (callback: URL) => changed(callback, { state: `${callback.searchParams.get('state')} ` })],
    ['its hash', (callback: URL) => changed(callback, { state: 'hash' })],
    ['a pattern', (callback: URL) => changed(callback, { state: '%' })],
    ['a long one', (callback: URL) => changed(callback, { state: 'x'.repeat(10_000) })],
  ])('is exactly one parameter: %s is refused and does not use it up', async (what, spelling) => {
    const { callback, cookie } = await almost();
    const [row] = await database.rowsOf('select state_hash from oauth_authorization');
    const spelt = what === 'its hash' ? changed(callback, { state: row.state_hash }) : spelling(callback);
    await expectRefused(spelt, cookie);
    await expectConnects(callback, cookie);
  });

  it('is not in the database', async () => {
    const { state } = await attacker.begin(token);
    const [row] = await database.rowsOf('select to_jsonb(a)::text as text from oauth_authorization a');
    expect(row.text).not.toContain(state);
    expect(Buffer.from(state, 'base64url').length).toBe(32);
  });
});

describe('A provider', () => {
  const toZenith = (callback: URL) => changed(String(callback).replace('/acme/', '/zenith/'), {});

  it('gets back its own states only', async () => {
    const mine = await almost();
    const other = await attacker.begin(token, {}, 'zenith', mine.cookie);
    const otherCallback = await attacker.consent(other);
    await expectRefused(toZenith(mine.callback), mine.cookie);
    await expectRefused(changed(toZenith(mine.callback), { iss: zenith.issuer }), mine.cookie);
    await expectRefused(changed(mine.callback, { state: other.state }), mine.cookie);
    await expectRefused(changed(otherCallback, { state: mine.state }), mine.cookie);
    expect((await database.counts()).authorizations).toBe(2);
  });

  it('refuses the code of another one', async () => {
    const mine = await almost();
    const other = await attacker.begin(token, {}, 'zenith', mine.cookie);
    const code = (await attacker.consent(other)).searchParams.get('code');
    await expectRefused(changed(mine.callback, { code }), mine.cookie, 'oauth-authorization-refused');
    expect(zenith.asked.authorization_code).toBe(0);
  });

  it.each([
    ['of another provider', () => zenith.issuer],
    ['that is missing', () => null],
    ['that is empty', () => ''],
    ['with a slash at its end', () => `${acme.issuer}/`],
    ['in capitals', () => acme.issuer.replace('http', 'HTTP')],
  ])('must name itself: an issuer %s is refused before any code is sent (RFC 9207)', async (_what, iss) => {
    const asked = acme.asked.authorization_code;
    const { callback, cookie } = await almost();
    await expectRefused(changed(callback, { iss: iss() }), cookie, 'oauth-answer-invalid');
    expect(acme.asked.authorization_code).toBe(asked);
    // Whatever tampered with it has seen the code: the authorization is over.
    await expectRefused(callback, cookie);
  });

  it('is not the product itself: callbacks of unknown providers are not found', async () => {
    const { callback, cookie } = await almost();
    for (const key of ['unknown', 'ACME', '__proto__', 'constructor', 'acme%20', 'acme%2f..']) {
      const { status } = await attacker.open(String(callback).replace('/acme/', `/${key}/`), cookie);
      expect([key, status]).toEqual([key, 404]);
    }
    await expectConnects(callback, cookie);
  });
});
