import { Attacker, type Begun, changed, type Database, openDatabase } from './support/attacker.js';
import { type TestApp, startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { OAuthServer, PUBLIC_URL } from './support/oauth-server.js';

let acme: OAuthServer;
let seer: TestApp;
let database: Database;
let attacker: Attacker;
let token: string;

beforeAll(async () => {
  acme = await OAuthServer.start();
  seer = await startApp({ ...acme.environment(), SEER_FRONTEND_ORIGINS: 'https://app.test' });
  database = await openDatabase(seer.databaseUrl);
  attacker = new Attacker(seer);
  ({ token } = await makeCaller(seer.app));
});

afterAll(async () => {
  await database.close();
  await seer.close();
  await acme.close();
});

beforeEach(async () => {
  await database.rowsOf('delete from oauth_connection');
  await database.rowsOf('delete from oauth_authorization');
});

async function almost(query: Record<string, string> = {}): Promise<Begun & { callback: URL }> {
  const begun = await attacker.begin(token, query);
  return { ...begun, callback: await attacker.consent(begun) };
}

/** The code that a callback brought, sent to the token endpoint by somebody who knows even the secret of the client. */
async function exchange(callback: URL, more: Record<string, string> = {}): Promise<{ status: number; body: any }> {
  const response = await fetch(`${acme.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`seer:${acme.clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code')!,
      redirect_uri: `${PUBLIC_URL}/v1/integrations/acme/callback`,
      ...more,
    }),
  });
  return { status: response.status, body: await response.json() };
}

/** Callbacks that hold a good state, and something else than one good code beside it. */
const spellings: [string, string, (callback: URL) => URL | string][] = [
  ['no code', 'oauth-answer-invalid', (callback) => changed(callback, { code: null })],
  ['an empty code', 'oauth-answer-invalid', (callback) => changed(callback, { code: '' })],
  ['two codes', 'oauth-answer-invalid', (callback) => `${callback}&code=x`],
  ['a code and an error', 'oauth-authorization-refused', (callback) => changed(callback, { error: 'access_denied' })],
  ['two errors', 'oauth-answer-invalid', (callback) => `${callback}&error=a&error=b`],
  ['a token', 'oauth-answer-invalid', (callback) => changed(callback, { token: 'x' })],
  ['an ID token', 'oauth-answer-invalid', (callback) => changed(callback, { id_token: 'x' })],
  ['a signed response', 'oauth-answer-invalid', (callback) => changed(callback, { response: 'x' })],
  ['a code that was never given', 'oauth-authorization-refused', (callback) => changed(callback, { code: 'x' })],
  ['a long code', 'oauth-authorization-refused', (callback) => changed(callback, { code: 'x'.repeat(5_000) })],
];

describe('A callback with a good state', () => {
  it.each(spellings)('and %s connects nothing: %s', async (_what, code, spell) => {
    const { callback, cookie } = await almost();
    const outcome = await attacker.open(spell(callback), cookie);
    expect([outcome.status, outcome.code]).toEqual([400, code]);
    expect(await database.counts()).toEqual({ connections: 0, authorizations: 0 });
  });

  it.each(spellings)('and %s goes on to redirect_to with the error %s alone', async (_what, code, spell) => {
    const { callback, cookie } = await almost({ redirect_to: 'https://app.test/done' });
    const { status, location } = await attacker.open(spell(callback), cookie);
    expect([status, location?.origin, location?.pathname]).toEqual([303, 'https://app.test', '/done']);
    expect(location!.searchParams.get('error')).toBe(code);
    expect([...location!.searchParams.keys()]).toEqual(['error', 'error_description']);
    expect((await database.counts()).connections).toBe(0);
  });

  it('shows an error of the provider as a code, not as words of its own', async () => {
    const { callback, cookie } = await almost();
    const error = 'Call 0900-12345 <b>now</b>';
    const { text } = await attacker.open(changed(callback, { error }), cookie, 'text/html');
    expect(text).not.toContain('0900');
    expect(text).not.toContain('<b>');
  });
});

describe('A code', () => {
  it('is sent once: a replay of the whole way back is refused, and a replay of the code by the provider', async () => {
    const { callback, cookie } = await almost();
    expect((await attacker.open(callback, cookie)).status).toBe(200);
    const next = await attacker.begin(token, {}, 'acme', cookie);
    const replay = changed(callback, { state: next.state });
    expect(await attacker.open(replay, cookie)).toMatchObject({ status: 400, code: 'oauth-authorization-refused' });
    expect((await database.counts()).connections).toBe(1);
  });

  it('is of no use without the verifier, not even to who knows the secret of the client (RFC 7636)', async () => {
    const without = await almost();
    expect(await exchange(without.callback)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const guessed = await almost();
    const answer = await exchange(guessed.callback, { code_verifier: 'x'.repeat(43) });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('is of no use in an authorization that it was not given for: the verifier is another one', async () => {
    const mine = await almost();
    const { token: other } = await makeCaller(seer.app);
    const theirs = await attacker.begin(other);
    // Injected into a browser of the attacker, who would then have the victim's account (RFC 9700, 4.5).
    const code = mine.callback.searchParams.get('code');
    const injected = changed(mine.callback, { code, state: theirs.state });
    const outcome = await attacker.open(injected, theirs.cookie);
    expect([outcome.status, outcome.code]).toEqual([400, 'oauth-authorization-refused']);
    expect((await database.counts()).connections).toBe(0);
  });

  it.each([
    ['emptied', `update oauth_authorization set code_verifier = ''`],
    ['in the clear', `update oauth_authorization set code_verifier = repeat('x', 43)`],
    ['cut', `update oauth_authorization set code_verifier = left(code_verifier, -4)`],
    ['altered', `update oauth_authorization set code_verifier = reverse(code_verifier)`],
  ])('is not sent when its verifier was %s in the database', async (_what, tamper) => {
    const asked = acme.asked.authorization_code;
    const { callback, cookie } = await almost();
    await database.rowsOf(tamper);
    expect(await attacker.open(callback, cookie)).toMatchObject({ status: 400, code: 'oauth-state-invalid' });
    expect(acme.asked.authorization_code).toBe(asked);
    expect(await database.counts()).toEqual({ connections: 0, authorizations: 0 });
  });

  it('is not sent with the verifier of another row, not even of the same user', async () => {
    const mine = await almost();
    const other = await attacker.begin(token);
    const asked = acme.asked.authorization_code;
    await database.rowsOf(
      `update oauth_authorization a set code_verifier = b.code_verifier
         from oauth_authorization b where a.state_hash <> b.state_hash`,
    );
    expect(await attacker.open(mine.callback, mine.cookie)).toMatchObject({ code: 'oauth-state-invalid' });
    expect((await attacker.open(await attacker.consent(other), other.cookie)).code).toBe('oauth-state-invalid');
    expect(acme.asked.authorization_code).toBe(asked);
  });

  it('is never sent for an authorization whose owner is gone', async () => {
    const { token: leaving, user } = await makeCaller(seer.app);
    const begun = await attacker.begin(leaving);
    const callback = await attacker.consent(begun);
    await database.rowsOf('delete from "user" where id = $1', [user.id]);
    expect((await attacker.open(callback, begun.cookie)).code).toBe('oauth-state-invalid');
  });
});
