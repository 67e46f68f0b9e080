import { gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import { type ServerResponse } from 'node:http';
import { EgressService } from '../src/common/egress/egress.service.js';
import { Attacker, type Database, openDatabase } from './support/attacker.js';
import { type TestApp, startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { type Answerer, HostileServer } from './support/hostile-oauth-server.js';
import { json, startPeer } from './support/peer.js';

const base = '/v1/integrations/connections';

let evil: HostileServer;
let seer: TestApp;
let database: Database;
let attacker: Attacker;
let token: string;
let caller: Client;
/** How long an answer may take, where that is not as long as in the product. */
let patience: { timeoutMs?: number } = {};

beforeAll(async () => {
  evil = await HostileServer.start();
  seer = await startApp(evil.environment());
  database = await openDatabase(seer.databaseUrl);
  attacker = new Attacker(seer);
  const egress = seer.app.get(EgressService);
  const open = egress.open.bind(egress);
  jest.spyOn(egress, 'open').mockImplementation((wanted) => open({ ...wanted, ...patience }));
});

afterAll(async () => {
  await database.close();
  await seer.close();
  await evil.close();
});

beforeEach(async () => {
  await database.rowsOf('delete from oauth_connection');
  ({ token } = await makeCaller(seer.app));
  caller = seer.stranger.as(token);
});

afterEach(() => {
  patience = {};
  evil.tokens = undefined;
  evil.claims = { sub: 'mallory', email: 'mallory@evil.example' };
});

/** The way to the provider and back. */
async function comeBack() {
  const begun = await attacker.begin(token, {}, 'evil');
  return attacker.open(await attacker.consent(begun), begun.cookie);
}

const give = (more: Record<string, unknown>): Answerer => {
  return (response) => json(response, evil.grant(more));
};

const raw =
  (status: number, headers: Record<string, string>, body: string | Buffer): Answerer =>
  (response) =>
    void response.writeHead(status, headers).end(body);

function writeForever(response: ServerResponse): void {
  const write = (): void => {
    while (response.write(Buffer.alloc(65_536, ' ')));
  };
  response.on('drain', write);
  write();
}

const isJson = { 'content-type': 'application/json' };
const html = { 'content-type': 'text/html' };

/** The quick way to compress: what comes out is larger, and so is what it stands for. */
const bomb = gzipSync(Buffer.alloc(100_000_000), { level: 1 });

const hostile: [string, Answerer][] = [
  ['endless', (response) => writeForever(response.writeHead(200, isJson))],
  ['of 100 MB, compressed', raw(200, { ...isJson, 'content-encoding': 'gzip' }, bomb)],
  ['of 2 MB', raw(200, isJson, JSON.stringify({ a: 'x'.repeat(2_000_000) }))],
  ['that does not come', () => {}],
  ['that drips', (response) => drip(response.writeHead(200, isJson))],
  ['that is cut', (response) => void response.destroy()],
  ['that sends elsewhere', raw(307, { location: 'http://169.254.169.254/latest/meta-data/' }, '')],
  ['that sends to a file', raw(302, { location: 'file:///etc/passwd' }, '')],
  ['of HTML', raw(200, html, '<h1>Hello</h1>')],
  ['of HTML with 500', raw(500, html, '<h1>Oops</h1>')],
  ['of tokens as HTML', (response) => void response.writeHead(200, html).end('access_token=x&token_type=bearer')],
  ['that is empty', raw(200, isJson, '')],
  ['without content', raw(204, {}, '')],
  ['that is half', raw(200, isJson, '{"access_token":"')],
  ['of an array', raw(200, isJson, '[]')],
  ['of null', raw(200, isJson, 'null')],
  ['of nothing', raw(200, isJson, '{}')],
  ['of deep JSON', raw(200, isJson, '['.repeat(200_000))],
  ['with an error as an object', raw(400, isJson, '{"error":{"message":"no"}}')],
  ['with an error of 100 KB', raw(400, isJson, JSON.stringify({ error: 'x'.repeat(100_000) }))],
  ['with an odd status', raw(299, isJson, '{}')],
  ['with status 999', raw(999, isJson, '{}')],
  ['with a challenge', raw(401, { 'www-authenticate': 'Basic realm="x"' }, '')],
  ['with a broken challenge', raw(401, { 'www-authenticate': '"' }, '')],
  ['with an odd kind of token', give({ token_type: 'mac' })],
  ['without a kind of token', give({ token_type: undefined })],
  ['with a token that is a number', give({ access_token: 1 })],
  ['with a token of 100 KB', give({ access_token: 'x'.repeat(100_000) })],
  ['with a token that breaks a header', give({ access_token: 'a\r\nx: y' })],
  ['with a refresh token that is no text', give({ refresh_token: { a: 1 } })],
  ['with a NUL in its refresh token', give({ refresh_token: 'a\0b' })],
  ['without an ID token', give({ id_token: undefined })],
  ['with an ID token that is none', give({ id_token: 'a.b.c' })],
  ['with a scope that is no text', give({ scope: ['a'] })],
  ['with a negative lifetime', give({ expires_in: -1 })],
];

const patienceWith = (what: string) => (/does not come|drips/.test(what) ? { timeoutMs: 300 } : {});

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}

describe('An answer with tokens', () => {
  it.each(hostile)('%s connects nothing, and its provider is named', async (what, answerer) => {
    evil.tokens = answerer;
    patience = patienceWith(what);
    const { status, code, text } = await comeBack();
    expect([400, 503]).toContain(status);
    expect(code).toMatch(/^oauth-authorization-(refused|failed)$/);
    expect(text).toContain('Evil');
    expect((await database.counts()).connections).toBe(0);
  });

  it.each(hostile)('%s leaves a connection as it was when it was to be refreshed', async (what, answerer) => {
    expect((await comeBack()).status).toBe(200);
    const { body: page } = await caller.get(base);
    const { connection_id: id } = page.items[0];
    const [before] = await database.rowsOf('select refresh_token from oauth_connection');
    evil.tokens = answerer;
    patience = patienceWith(what);
    const answer = await caller.post(`${base}/${id}/refresh`);
    // An answer without an ID token is a good one here.
    if (what === 'without an ID token') return expect(answer.status).toBe(200);
    expect([409, 503]).toContain(answer.status);
    expect(answer.body.code).toMatch(/^connection-(needs-reauth|unavailable)$/);
    expect(await database.rowsOf('select refresh_token from oauth_connection')).toEqual([before]);
    expect((await caller.get(`${base}/${id}`)).body.last_error).toEqual(expect.any(String));
  });

  it('of any size takes little memory', async () => {
    evil.tokens = raw(200, { ...isJson, 'content-encoding': 'gzip' }, bomb);
    const before = process.memoryUsage().rss;
    for (let time = 0; time < 10; time++) expect((await comeBack()).status).toBe(503);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  it.each([
    ['a lifetime of millennia', { expires_in: 1e15 }],
    ['a lifetime beyond all dates', { expires_in: 1e300 }],
    ['a lifetime of no time', { expires_in: 1e-9 }],
    ['scopes with NUL and controls', { scope: 'a\0b \u0001 openid' }],
    ['scopes with quotes and braces', { scope: `{"a",'b'} \\ " openid` }],
    ['scopes of any script', { scope: 'öffentlich \ud83d\ude00 \ud800 openid' }],
    ['100,000 scopes', { scope: Array.from({ length: 100_000 }, (_, at) => `s${at}`).join(' ') }],
    ['a scope of 900 KB', { scope: `${'x'.repeat(900_000)} openid` }],
    ['members of all kinds', { __proto__: { a: 1 }, constructor: 'x', error: null }],
  ])('with %s connects, and is refreshed', async (_what, more) => {
    evil.tokens = give(more);
    expect((await comeBack()).status).toBe(200);
    const { body: page } = await caller.get(base);
    const [connection] = page.items;
    expect(JSON.stringify(connection.scopes).length).toBeLessThan(64_000);
    for (const scope of connection.scopes) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/);
    const answer = await caller.post(`${base}/${connection.connection_id}/refresh`);
    expect([answer.status, answer.body.code]).toEqual([200, undefined]);
  });

  it.each([
    ['no subject', { sub: undefined }],
    ['a subject that is no text', { sub: 1 }],
    ['an empty subject', { sub: '' }],
    ['a subject with NUL', { sub: 'a\0b' }],
    ['a subject that is too long to be told from another', { sub: 'x'.repeat(300) }],
    ['a label with controls', { email: 'a\r\nb' }],
    ['a label that is half a character', { email: '\ud800' }],
    ['another issuer', { iss: 'https://accounts.google.com' }],
    ['another audience', { aud: 'somebody-else' }],
    ['an end in the past', { exp: 1 }],
  ])('about an account with %s connects nothing', async (_what, claims) => {
    evil.claims = { ...evil.claims, ...claims };
    const { status, text } = await comeBack();
    expect([status, text.includes('Evil')]).toEqual([503, true]);
    expect((await database.counts()).connections).toBe(0);
  });

  it('about an account whose name is HTML shows it as text', async () => {
    evil.claims = { sub: 'x', email: '<script>alert(1)</script>' };
    const begun = await attacker.begin(token, {}, 'evil');
    const { status, text } = await attacker.open(await attacker.consent(begun), begun.cookie, 'text/html');
    expect([status, text.includes('<script>')]).toEqual([200, false]);
    expect(text).toContain('&lt;script&gt;');
  });
});

describe('What an issuer publishes', () => {
  const missing = undefined;
  let other: HostileServer;
  let installation: TestApp;

  beforeAll(async () => {
    other = await HostileServer.start();
    installation = await startApp(other.environment());
  });

  afterAll(async () => {
    await installation.close();
    await other.close();
  });

  it.each([
    ['no endpoint of authorizations', { authorization_endpoint: missing }],
    ['no endpoint of tokens', { token_endpoint: missing }],
    ['a script as endpoint', { authorization_endpoint: 'javascript:alert(1)//' }],
    ['data as endpoint', { authorization_endpoint: 'data:text/html,x' }],
    ['an endpoint that is no URL', { token_endpoint: 'x' }],
    ['an endpoint that is no text', { authorization_endpoint: 1 }],
    ['a file as endpoint', { token_endpoint: 'file:///etc/passwd' }],
    ['another issuer', { issuer: 'https://accounts.google.com' }],
    ['no issuer', { issuer: missing }],
  ])('with %s is not believed, and its provider is named', async (_what, metadata) => {
    other.metadata = metadata;
    const { token: theirs } = await makeCaller(installation.app);
    const answer = await installation.stranger.as(theirs).get('/v1/integrations/evil/authorize');
    expect([answer.status, answer.body.code]).toEqual([503, 'oauth-authorization-failed']);
    expect(answer.body.detail).toContain('Evil');
  });

  it('is believed when it is as it should be, whatever it was before', async () => {
    other.metadata = {};
    const { token: theirs } = await makeCaller(installation.app);
    expect((await installation.stranger.as(theirs).get('/v1/integrations/evil/authorize')).status).toBe(200);
  });

  it('on a private address is not asked for unless the operator allows it', async () => {
    const installation = await startApp({ ...evil.environment(), SEER_EGRESS_ALLOW: '' });
    try {
      const { token: theirs } = await makeCaller(installation.app);
      const answer = await installation.stranger.as(theirs).get('/v1/integrations/evil/authorize');
      expect([answer.status, answer.body.code]).toEqual([503, 'oauth-authorization-failed']);
      expect(answer.body.detail).toContain('is refused');
      expect(answer.body.detail).toContain('SEER_EGRESS_ALLOW');
    } finally {
      await installation.close();
    }
  });

  it('does not lead to other private addresses than the operator allows', async () => {
    const inside = await startPeer((_request, response) => json(response, {}));
    const other = await HostileServer.start();
    other.metadata = { token_endpoint: `${inside.url}/token` };
    const installation = await startApp({ ...other.environment(), SEER_EGRESS_ALLOW: new URL(other.issuer).host });
    try {
      const { token: theirs } = await makeCaller(installation.app);
      const visitor = new Attacker(installation);
      const begun = await visitor.begin(theirs, {}, 'evil');
      const outcome = await visitor.open(await visitor.consent(begun), begun.cookie);
      expect([outcome.status, outcome.code]).toEqual([503, 'oauth-authorization-failed']);
      expect(inside.requests).toEqual([]);
    } finally {
      await installation.close();
      await Promise.all([inside.close(), other.close()]);
    }
  });
});
