import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Attacker, type Begun, changed, type Database, openDatabase, together } from './support/attacker.js';
import { createTestDatabase } from './support/database.js';
import { type Answerer, HostileServer } from './support/hostile-oauth-server.js';
import { leaksIn, spellingsOf } from './support/leaks.js';
import { OAuthServer } from './support/oauth-server.js';
import { json } from './support/peer.js';
import { freePort, Program } from './support/program.js';

const base = '/v1/integrations/connections';
const key = `sk_test_${randomBytes(24).toString('base64url')}`;
const masterKey = randomBytes(32).toString('base64');
const realFetch = globalThis.fetch;

let acme: OAuthServer;
let evil: HostileServer;
let program: Program;
let url: string;
let directory: string;
let database: Database;
let attacker: Attacker;
/** All that Seer has answered, heads and bodies; cookies are left out, as they are where their secret belongs. */
let answers = '';
/** Of authorizations and browsers; a state is in the answer that begins, and nowhere else. */
const states = new Set<string>();
const cookies = new Set<string>();

beforeAll(async () => {
  acme = await OAuthServer.start();
  evil = await HostileServer.start();
  directory = await mkdtemp(join(tmpdir(), 'seer-secrets-'));
  const databaseUrl = await createTestDatabase();
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  program = new Program('dist/src/main.js', {
    ...together(acme.environment(), evil.environment()),
    PORT: port,
    DATABASE_URL: databaseUrl,
    SEER_DATA_DIR: directory,
    SEER_BOOTSTRAP_API_KEY: key,
    SEER_MASTER_KEY: masterKey,
    SEER_EGRESS_ALLOW: '127.0.0.0/8',
    SEER_FRONTEND_ORIGINS: 'https://app.test',
    LOG_LEVEL: 'trace',
  });
  await program.says('Seer is ready');
  database = await openDatabase(databaseUrl);
  attacker = new Attacker({ url });
  globalThis.fetch = async (input, options) => {
    const response = await realFetch(input, options);
    if (!String(input as string).startsWith(url)) return response;
    const heads = [...response.headers].filter(([name]) => name !== 'set-cookie');
    answers += `${response.status} ${JSON.stringify(heads)}\n${await response.clone().text()}\n`;
    return response;
  };
});

afterAll(async () => {
  globalThis.fetch = realFetch;
  await program.stop();
  await database.close();
  await Promise.all([acme.close(), evil.close(), rm(directory, { recursive: true, force: true })]);
});

async function call(method: string, path: string): Promise<{ status: number; body: any }> {
  const response = await fetch(url + path, { method, headers: { authorization: `Bearer ${key}` } });
  return { status: response.status, body: await response.json() };
}

async function almost(provider: string, query: Record<string, string> = {}): Promise<Begun & { callback: URL }> {
  const begun = await attacker.begin(key, query, provider);
  states.add(begun.state);
  cookies.add(begun.cookie.split('=')[1]!);
  const callback = await attacker.consent(begun);
  const secrets = provider === 'acme' ? acme.secrets : evil.secrets;
  secrets.add(callback.searchParams.get('code')!);
  return { ...begun, callback };
}

/** @returns the id of the connection */
async function connect(provider: string): Promise<string> {
  const { callback, cookie } = await almost(provider);
  expect((await attacker.open(callback, cookie, 'text/html')).status).toBe(200);
  const { body } = await call('GET', `${base}?provider=${provider}`);
  return body.items[0].connection_id;
}

/** Every row of every table. */
async function dump(): Promise<string> {
  const tables = await database.rowsOf(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by 1`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['pgboss.job', 'public.oauth_connection']));
  let text = '';
  for (const { name } of tables) {
    for (const { row } of await database.rowsOf(`select to_jsonb(t)::text as row from ${name} t`)) text += `${row}\n`;
  }
  return text;
}

/** Token endpoints, and others, that send back what they were sent. */
const echoes: [string, Answerer][] = [
  [
    'in a description',
    (response, form) => json(response, { error: 'invalid_request', error_description: sent(form) }, 400),
  ],
  ['in an error', (response, form) => json(response, { error: secretOf(form) }, 400)],
  ['in an error of its server', (response, form) => json(response, { error: secretOf(form) }, 503)],
  ['in a page', (response, form) => void response.writeHead(500, { 'content-type': 'text/html' }).end(sent(form))],
  ['in a good page', (response, form) => void response.writeHead(200, { 'content-type': 'text/html' }).end(sent(form))],
  ['in broken JSON', (response, form) => json(response, secretOf(form))],
  ['in JSON of another shape', (response, form) => json(response, { error: { message: sent(form) } }, 400)],
  ['in headers', (response, form) => void response.writeHead(400, headersOf(form)).end()],
  ['in a challenge', (response, form) => void response.writeHead(401, challengeOf(form)).end()],
  ['in an address', (response, form) => void response.writeHead(302, { location: `/?${form}` }).end()],
  ['in a reason', (response, form) => void response.writeHead(418, secretOf(form)).end()],
  ['as a kind of token', (response, form) => json(response, evil.grant({ token_type: secretOf(form) }))],
  ['as an ID token', (response, form) => json(response, evil.grant({ id_token: secretOf(form) }))],
];

const secretOf = (form: URLSearchParams) => (form.get('refresh_token') ?? form.get('code') ?? form.get('token'))!;
const sent = (form: URLSearchParams) => `${form} ${evil.clientSecret} ${Buffer.from(String(form)).toString('base64')}`;
const headersOf = (form: URLSearchParams) => ({ 'x-echo': sent(form), 'retry-after': secretOf(form) });
const challengeOf = (form: URLSearchParams) => ({
  'www-authenticate': `Bearer realm="x", error="invalid_token", error_description="${secretOf(form)}"`,
});

describe('The secrets of connections', () => {
  it('go through connecting, refreshing, failing and deleting', async () => {
    const id = await connect('acme');
    expect((await call('POST', `${base}/${id}/refresh`)).status).toBe(200);
    acme.mishap = 'overloaded';
    expect((await call('POST', `${base}/${id}/refresh`)).status).toBe(503);
    acme.mishap = undefined;
    await database.rowsOf('update oauth_connection set retry_at = null');
    await acme.revokeAll();
    expect((await call('POST', `${base}/${id}/refresh`)).status).toBe(409);
    const health = await call('GET', `${base}/${id}/health`);
    expect(health.body.status).toBe('reauth_required');
    expect((await attacker.open(health.body.reconnect_url, '', 'text/html')).status).toBe(200);
    expect(await connect('acme')).toBe(id);
    expect((await call('DELETE', `${base}/${id}`)).body).toMatchObject({ upstream: 'revoked' });
    await connect('acme');
    expect(acme.secrets.size).toBeGreaterThan(10);
  });

  it('go through callbacks that are refused', async () => {
    const { callback, cookie } = await almost('acme', { redirect_to: 'https://app.test/' });
    expect((await attacker.open(callback)).status).toBe(400);
    expect((await attacker.open(changed(callback, { state: 'x' }), cookie)).status).toBe(400);
    const code = callback.searchParams.get('code')!;
    const { location } = await attacker.open(changed(callback, { error: code, error_description: code }), cookie);
    answers += location!.href;
    expect(location!.searchParams.get('error')).toBe('oauth-authorization-refused');
    const other = await almost('acme');
    const tampered = changed(other.callback, { iss: `https://evil.example/${other.state}` });
    expect((await attacker.open(tampered, other.cookie, 'text/html')).status).toBe(400);
    await attacker.begin(key, {}, 'acme', cookie);
  });

  it.each(echoes)('come back from a token endpoint %s', async (_how, echo) => {
    const id = await connect('evil');
    evil.tokens = echo;
    await database.rowsOf('update oauth_connection set retry_at = null');
    expect((await call('POST', `${base}/${id}/refresh`)).status).toBeGreaterThan(399);
    await call('GET', `${base}/${id}/health`);
    const { callback, cookie } = await almost('evil');
    expect((await attacker.open(callback, cookie)).status).toBeGreaterThan(399);
    const other = await almost('evil', { redirect_to: 'https://app.test/' });
    answers += (await attacker.open(other.callback, other.cookie)).location!.href;
    evil.tokens = undefined;
  });

  it.each(echoes)('come back from a revocation endpoint %s', async (_how, echo) => {
    const id = await connect('evil');
    evil.revocation = echo;
    const { status, body } = await call('DELETE', `${base}/${id}`);
    expect([status, ['failed', 'revoked'].includes(body.upstream)]).toEqual([200, true]);
    evil.revocation = (response) => response.writeHead(200).end();
  });

  it('are in no log, no answer, no document and no row', async () => {
    await connect('evil');
    await database.rowsOf(`update oauth_connection set expires_at = now() + interval '1 second'`);
    const document = await (await fetch(`${url}/openapi.json`)).text();
    const tokens = new Set([...acme.secrets, ...evil.secrets, acme.clientSecret, ...cookies]);
    const all = new Set([...tokens, ...states, key, masterKey]);
    expect(tokens.size).toBeGreaterThan(150);
    expect(states.size).toBeGreaterThan(50);
    const rows = await dump();
    expect(rows).toContain('mallory@evil.example');
    expect(program.output).toContain('/v1/integrations/evil/callback');
    expect(answers).toContain('"last_error"');
    expect(document).toContain('/v1/integrations/connections/{id}/refresh');

    expect(leaksIn(program.output, all)).toEqual([]);
    expect(leaksIn(answers, tokens)).toEqual([]);
    expect(leaksIn(document, all)).toEqual([]);
    expect(leaksIn(rows, all)).toEqual([]);
  });

  it('would have been found there, in every spelling', async () => {
    const canary = canaryOf();
    for (const spelling of spellingsOf(canary)) {
      const before = [program.output.length, answers.length];
      const part = spelling.replaceAll('%', '%25');
      await call('GET', `${base}/${part}`);
      expect(leaksIn(answers.slice(before[1]), [canary])).toContainEqual([canary, spelling]);
      // Longer parts of a path are cut there.
      if (part.length < 32) {
        await until(() => leaksIn(program.output.slice(before[0]).replaceAll('%25', '%'), [canary]).length > 0);
      }
      await database.rowsOf('update oauth_connection set account_label = $1', [spelling]);
      expect(leaksIn(await dump(), [canary])).toContainEqual([canary, spelling]);
      await database.rowsOf(`update oauth_connection set account_label = ''`);
      await database.rowsOf('update pgboss.schedule set data = to_jsonb($1::text)', [spelling]);
      expect(leaksIn(await dump(), [canary])).toContainEqual([canary, spelling]);
      await database.rowsOf('update pgboss.schedule set data = null');
      const document = await (await fetch(`${url}/openapi.json`)).text();
      expect(leaksIn(document.replace('"Connections"', JSON.stringify(spelling)), [canary])).not.toEqual([]);
    }
    await database.rowsOf('create table planted as select $1::bytea as value', [Buffer.from(`x${canary}`)]);
    expect(leaksIn(await dump(), [canary])).not.toEqual([]);
    for (const around of ['', 'a', 'ab', 'abc']) {
      const bytes = Buffer.from(around + canary + around);
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        expect(leaksIn(bytes.toString(encoding), [canary])).not.toEqual([]);
      }
    }
  });
});

/** A text that is the same in a path and in JSON, in each of its spellings; short, as the log shortens long parts of paths. */
function canaryOf(): string {
  const canary = `c+${randomBytes(9).toString('base64url')}`;
  return spellingsOf(canary).some((spelling) => spelling.includes('/')) ? canaryOf() : canary;
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 100) throw new Error(`did not hold within two seconds: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
