import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MikroORM } from '@mikro-orm/postgresql';
import { readEnvironment } from '../src/common/config/read-environment.js';
import { CONNECTIONS_BESIDE_POOL } from '../src/common/database/connection-budget.js';
import { openDatabase } from '../src/common/database/open-database.js';
import { findUser, keysOf, makeKey, setRole, User } from '../src/users/index.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Ran, runSeer } from './support/command-line.js';
import { createDatabase, query } from './support/database.js';
import { runSpec, specOf } from './support/factories.js';
import { Program } from './support/program.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp();
});

afterAll(() => seer.close());

const master = Buffer.alloc(32, 7).toString('base64');

function run(words: string[], variables: Record<string, string> = {}): Promise<Ran> {
  return runSeer(words, { DATABASE_URL: seer.databaseUrl, SEER_MASTER_KEY: master, ...variables });
}

const emptyDatabase = () => createDatabase(`seer_empty_${randomBytes(4).toString('hex')}`);

describe('seer migrate', () => {
  it('brings an empty database to the schema, says what it did, and does nothing the second time', async () => {
    const DATABASE_URL = await emptyDatabase();
    const first = await run(['migrate'], { DATABASE_URL });
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(Migration\d+_\w+ is done\n)+$/) });
    const again = await run(['migrate'], { DATABASE_URL });
    expect(again).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' });
  });

  it('is what a start waits for with SEER_MIGRATE=off', async () => {
    const DATABASE_URL = await emptyDatabase();
    const variables = { DATABASE_URL, SEER_MASTER_KEY: master, SEER_MIGRATE: 'off', PORT: '0', LOG_LEVEL: 'silent' };
    const refused = new Program('dist/src/main.js', variables);
    expect(await refused.ended).toBe(1);
    expect(refused.output).toMatch(
      /lacks Migration\d+_initial.*SEER_MIGRATE is off\. Run "npm run -s seer -- migrate"/,
    );
    expect(refused.output).not.toMatch(/\n\s+at /);
    expect(await query(DATABASE_URL, `select from pg_tables where schemaname in ('public', 'pgboss')`)).toEqual([]);
    expect(await run(['users', 'list'], variables)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('lacks'),
    });
  });

  it('says that the database cannot be reached, without a stack', async () => {
    const { code, stderr } = await run(['migrate'], { DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^The database cannot be reached: .*1:1\b.*\n$/),
    });
  });
});

describe('seer keys', () => {
  it('makes a key that works, lists it, and revokes it for processes that know it', async () => {
    const { user } = await makeCaller(seer.app);
    const scopes = ['--scopes', 'workflows:read, runs:read'];
    const made = await run(['keys', 'create', user.userId, '--name', 'Deploy', ...scopes]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sk_[\w-]{43}\n$/) });
    const caller = seer.admin.as(made.stdout.trim());
    expect((await caller.get('/v1/workflows')).status).toBe(200);
    expect((await caller.get('/v1/api-keys')).status).toBe(403);

    const listed = await run(['keys', 'list', user.userId]);
    const [id] = /key_\S+(?=.*Deploy)/.exec(listed.stdout)!;
    expect(listed.stdout).toMatch(/live {2}Deploy {2}workflows:read,runs:read/);
    expect(listed.stdout).not.toContain(made.stdout.trim());

    expect(await run(['keys', 'revoke', id])).toMatchObject({ code: 0 });
    expect((await caller.get('/v1/workflows')).status).toBe(401);
    expect((await run(['keys', 'list', user.userId])).stdout).toContain('revoked  Deploy');
  });

  it('lists names that are made to deceive a terminal as what they are', async () => {
    const { user } = await makeCaller(seer.app);
    const em = seer.app.get(MikroORM).em.fork();
    await makeKey(em, user, { name: 'a\u001b[2J\nkey_1  live\u202e', scopes: ['runs:read'] });
    const { stdout } = await run(['keys', 'list', user.userId]);
    expect(stdout).toContain(String.raw`live  a\u001b[2J\u000akey_1  live\u202e  runs:read`);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it.each([
    [{ scopes: ['workflows:fly'] }, /not made: each value in scopes must be one of/],
    [{ scopes: [''] }, /Scopes are workflows:read, .*, admin, all\.$/],
    [{ scopes: ['admin'] }, /the scope admin needs the role admin/],
    [{ scopes: ['all'], name: ' ' }, /name must not be blank/],
    [{ scopes: ['all'], expires: 'tomorrow' }, /expires_at must be RFC 3339 date/],
    [{ scopes: ['all'], expires: '2001-01-01T00:00:00Z' }, /not in the future/],
  ])('makes no key of %j', async (wanted, message) => {
    const { user } = await makeCaller(seer.app);
    const em = seer.app.get(MikroORM).em.fork();
    await expect((async () => makeKey(em, user, { name: 'Test', ...wanted }))()).rejects.toThrow(message);
    expect(await keysOf(em, user)).toHaveLength(1);
  });

  it('knows no other names', async () => {
    const made = await run(['keys', 'create', 'nobody', '--scopes', 'all']);
    expect(made).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'There is no user with the id, subject or e-mail "nobody".\n',
    });
    expect(await run(['keys', 'revoke', 'key_1'])).toMatchObject({ code: 1, stderr: 'There is no API key key_1.\n' });
    expect(await run(['keys', 'create'])).toMatchObject({ code: 2, stderr: expect.stringContaining('<user>') });
  });
});

describe('seer users', () => {
  it('makes an administrator, and a member again, whose keys know it at once', async () => {
    const { user, token } = await makeCaller(seer.app, { scopes: ['admin'] });
    const caller = seer.admin.as(token);
    const path = '/v1/admin/encryption/keys';
    expect((await caller.get(path)).status).toBe(403);
    expect(await run(['users', 'promote', user.userId])).toMatchObject({ code: 0 });
    expect((await caller.get(path)).status).toBe(200);
    expect((await run(['users', 'list'])).stdout).toMatch(
      `admin   usr_${user.publicId}  ${user.userId}  https://id.example.com`,
    );
    expect(await run(['users', 'demote', user.userId])).toMatchObject({ code: 0 });
    expect((await caller.get(path)).status).toBe(403);
  });

  it('asks which one when several have an e-mail', async () => {
    const [one] = [await makeCaller(seer.app), await makeCaller(seer.app)];
    const { code, stderr } = await run(['users', 'promote', 'ada@example.com']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `usr_${one.user.publicId}  ${one.user.userId} of https://id.example.com  (ada@example.com)`,
    );
  });

  it('takes a name for an id before it takes it for a subject, and for that before an e-mail', async () => {
    const em = seer.app.get(MikroORM).em.fork();
    const { user } = await makeCaller(seer.app);
    const id = `usr_${user.publicId}`;
    const named = { userId: `${user.userId}@example.com`, email: id };
    const bySubject = new User({ issuer: 'https://id.example.com', ...named });
    const byEmail = new User({ issuer: 'https://id.example.com', userId: id, email: named.userId });
    await em.persist([bySubject, byEmail]).flush();
    expect((await findUser(em, id)).id).toBe(user.id);
    expect((await findUser(em, named.userId)).id).toBe(bySubject.id);
    expect(await run(['users', 'promote', id])).toMatchObject({
      code: 0,
      stdout: `${id}, ${user.userId} of ${user.issuer}, is admin now.\n`,
    });
  });

  it('leaves word in the audit of each change of a role, and of nothing else', async () => {
    const { user } = await makeCaller(seer.app);
    const em = seer.app.get(MikroORM).em.fork();
    const found = await findUser(em, user.userId);
    for (const role of ['admin', 'admin', 'member'] as const) await setRole(em, found, role);
    const changes = await query(
      seer.databaseUrl,
      `select details from audit_entry where action = 'user.role-changed' and owner_id = '${user.publicId}' order by entry_id`,
    );
    expect(changes.map(({ details }) => details)).toEqual([
      { before: 'member', after: 'admin' },
      { before: 'admin', after: 'member' },
    ]);
  });
});

describe('seer doctor', () => {
  const findings = (ran: Ran) => new Map((JSON.parse(ran.stdout) as any[]).map((found) => [found.check, found]));

  it('finds nothing wrong with an installation that is right', async () => {
    const ran = await run(['doctor', '--json'], { SEER_PUBLIC_URL: seer.url });
    const found = findings(ran);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    // The database of the tests does without fsync, for speed.
    expect(found.get('database')).toMatchObject({ status: 'warn', found: expect.stringContaining('fsync off') });
    for (const check of [
      'schema',
      'master key',
      'clock',
      'connections',
      'walls',
      'data directory',
      'public URL',
      'findings',
    ]) {
      expect(found.get(check)).toMatchObject({ check, status: 'ok' });
    }
    expect(found.size).toBe(9);
  });

  it('says what is wrong and what to do: a wrong master key, and an address that leads nowhere', async () => {
    const SEER_MASTER_KEY = randomBytes(32).toString('base64');
    const ran = await run(['doctor'], { SEER_MASTER_KEY, SEER_PUBLIC_URL: 'http://127.0.0.1:1' });
    expect(ran).toMatchObject({ code: 1, stderr: '2 of 9 checks failed.\n' });
    expect(ran.stdout).toMatch(/^fail {5}master key {6}The master key in SEER_MASTER_KEY is local:\w+, but/m);
    expect(ran.stdout).toMatch(
      /^fail {5}public URL .*127\.0\.0\.1:1\/health\/live cannot be reached: .*\n +→ Start Seer/m,
    );
  });

  it('fails at an address that leads to a worker, or to something else', async () => {
    const worker = await startApp({ SEER_ROLE: 'worker' }, seer.databaseUrl);
    const found = findings(await run(['doctor', '--json'], { SEER_PUBLIC_URL: worker.url }));
    expect(found.get('public URL')).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(/callback answers 404/),
    });
    await worker.close();
  });

  it('counts runs that nobody takes, migrations that are missing, and connections that are too many', async () => {
    const DATABASE_URL = await createDatabase(
      `seer_doctor_${randomBytes(4).toString('hex')}`,
      process.env.SEER_TEST_TEMPLATE,
    );
    await query(
      DATABASE_URL,
      `with u as (insert into "user" (user_id, issuer, email, role) values ('u', 'i', '', 'member') returning id)
       insert into workflow_run (run_id, user_id, spec, inputs, status, source, created_at)
       select gen_random_uuid(), id, '{}', '{}', 'QUEUED', 'MANUAL', now() - interval '1 hour' from u`,
    );
    await query(DATABASE_URL, `delete from migration where name like '%_triggers'`);
    const variables = { DATABASE_URL, SEER_MIGRATE: 'off', SEER_DATABASE_POOL: '500' };
    const found = findings(await run(['doctor', '--json'], variables));
    expect(found.get('findings')).toMatchObject({ status: 'fail', found: expect.stringContaining('no process') });
    expect(found.get('schema')).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(/lacks Migration\d+_triggers/),
    });
    expect(found.get('connections')).toMatchObject({
      status: 'warn',
      remedy: expect.stringContaining('SEER_DATABASE_POOL'),
    });
    expect(found.get('master key')).toMatchObject({ status: 'warn' });
    expect(found.get('public URL')).toMatchObject({ status: 'warn' });
  });

  it('skips what needs a database that does not answer', async () => {
    const ran = await run(['doctor', '--json'], { DATABASE_URL: 'postgresql://x@127.0.0.1:1/x' });
    const found = findings(ran);
    expect(ran.code).toBe(1);
    expect(found.get('connection')).toMatchObject({ status: 'fail', found: expect.stringContaining('ECONNREFUSED') });
    expect(found.get('schema')).toMatchObject({ status: 'skipped' });
  });

  it('looks beside a process that has the port of the metrics', async () => {
    const { port, close } = await takenPort();
    const found = findings(await run(['doctor', '--json'], { SEER_METRICS_PORT: String(port) }));
    expect(found.get('findings')).toMatchObject({ status: 'ok' });
    await close();
  });

  it('changes nothing in an installation that has not started yet: no key, no key file, no queue', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'seer-doctor-'));
    const variables = { DATABASE_URL: '', SEER_MASTER_KEY: '', SEER_DATA_DIR: directory };
    expect(await run(['migrate'], variables)).toMatchObject({ code: 0 });
    const before = await embeddedContents(directory);
    expect(before.map(({ name }) => name)).toEqual(expect.arrayContaining(['public.encryption_key', 'pgboss.queue']));
    const found = findings(await run(['doctor', '--json'], variables));
    expect(found.get('findings')).toMatchObject({ status: 'ok' });
    expect(await embeddedContents(directory)).toEqual(before);
    expect(existsSync(join(directory, 'master.key'))).toBe(false);
    await rm(directory, { recursive: true });
  });

  it('changes nothing in one that runs, where a job has failed for good', async () => {
    const [{ id }] = await query(
      seer.databaseUrl,
      `insert into pgboss.job (name, source_name) values ('dead-letters', 'test') returning id`,
    );
    const kept = `select name, updated_on, (select count(*)::int from encryption_key) from pgboss.queue order by 1`;
    const before = await query(seer.databaseUrl, kept);
    const found = findings(await run(['doctor', '--json']));
    expect(found.get('findings')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('1 job test failed'),
    });
    expect(await query(seer.databaseUrl, kept)).toEqual(before);
    await query(seer.databaseUrl, `delete from pgboss.job where id = '${id}'`);
  });

  it('makes no database where there is none', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'seer-doctor-'));
    const ran = await run(['doctor', '--json'], { DATABASE_URL: '', SEER_DATA_DIR: join(directory, 'data') });
    expect(ran.code).toBe(0);
    expect(findings(ran).get('connection')).toMatchObject({ status: 'warn' });
    expect(existsSync(join(directory, 'data'))).toBe(false);
    await rm(directory, { recursive: true });
  });
});

describe('the connections of a process', () => {
  it('are its pool, and no more than are counted for the rest', async () => {
    const lines = Array.from({ length: 40 }, () => runSpec(seer.admin, specOf([{ id: 'a', type: 'set', value: 1 }])));
    await Promise.all(lines);
    const open = await query(
      seer.databaseUrl,
      `select application_name as name, count(*)::int as n from pg_stat_activity
        where datname = current_database() and application_name <> '' group by 1 order by 1`,
    );
    const most: Record<string, number> = { 'seer commit': 2, 'seer jobs': 2, 'seer read': 8 };
    for (const { name, n } of open) expect([name, n <= (most[name] ?? 1)]).toEqual([name, true]);
    const listeners = open.filter(({ name }) => name.startsWith('seer listen '));
    const others = Object.values(most).reduce((sum, n) => sum + n, 0);
    expect(others + listeners.length).toBe(CONNECTIONS_BESIDE_POOL);
  });
});

async function takenPort(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, close: async () => void (await once(server.close(), 'close')) };
}

/** Every table of an embedded database that does not run, with its rows as one hash. */
async function embeddedContents(directory: string): Promise<{ name: string; rows: number; hash: string | null }[]> {
  const database = await openDatabase(readEnvironment({ SEER_DATA_DIR: directory }));
  try {
    const tables = await query(
      database.url,
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')
        order by 1`,
    );
    const hashes = tables.map(
      ({ name }) =>
        `select '${name}' as name, count(*)::int as rows, md5(string_agg(t::text, ',' order by t::text)) as hash from ${name} t`,
    );
    return await query(database.url, hashes.join(' union all '));
  } finally {
    await database.close();
  }
}
