import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Webhook } from 'standardwebhooks';
import { BackupReader } from '../src/common/database/backup/backup-reader.js';
import { restoreBackup } from '../src/common/database/backup/restore-backup.js';
import { keptJobTables } from '../src/common/jobs/jobs-schema.js';
import { startApp, type TestApp } from './support/app.js';
import { runSeer } from './support/command-line.js';
import { createDatabase, createTestDatabase, query } from './support/database.js';
import { runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource } from './support/resources.js';
import { untilOver, untilRun } from './support/runs.js';
import { eventsOf, pathOf, subscribeEcho } from './support/triggers.js';

const master = Buffer.alloc(32, 7).toString('base64');
const token = `secret-${randomBytes(9).toString('hex')}`;
const awkward = 'tab\t newline\n backslash\\. quote" \\N ünï😀';

let directory: string;
let file: string;
let peer: Peer;
let seer: TestApp;
let resource: string;
let approval: { run: string; path: string };
let done: { run_id: string };
let hook: { subscription_id: string; webhook_url: string; secret: string };

const backup = (target: string, url: string) => runSeer(['backup', target], { DATABASE_URL: url });
const restore = (url: string, from = file, ...options: string[]) =>
  runSeer(['restore', from, ...options], { DATABASE_URL: url, SEER_MASTER_KEY: master });

/** An installation in use: secrets, a subscription, a run that is over and one that waits; then its backup. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seer-backup-'));
  file = join(directory, 'seer.backup');
  peer = await startPeer((request, response) => json(response, { got: request.headers.authorization }));
  seer = await startApp();
  resource = await makeResource(seer.admin, 'http_api', { base_url: peer.url }, { bearer_token: token });
  hook = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'standard_webhooks' } });
  done = await runSpec(seer.admin, specOf([{ id: 'say', type: 'set', value: awkward }], { output: '${say}' }));
  const spec = specOf([
    { id: 'ok', type: 'approval', title: 'Go on?' },
    { id: 'call', type: 'tool', tool: 'http.request', resource, inputs: { url: '/after' } },
  ]);
  const { body } = await seer.admin.post('/v1/runs', { spec });
  const waiting = await untilRun(seer.admin, body.run_id, ['WAITING']);
  approval = { run: body.run_id, path: new URL(waiting.waiting_for![0]!.approval_url!).pathname };
  expect(await backup(file, seer.databaseUrl)).toMatchObject({ code: 0, stdout: '' });
});

afterAll(async () => {
  await seer.close();
  await peer.close();
  await rm(directory, { recursive: true });
});

describe('a backup of an installation that runs', () => {
  it('becomes another one, in which the runs are there, secrets open, and what waited goes on', async () => {
    const url = await createDatabase(`seer_restored_${randomBytes(4).toString('hex')}`);
    const restored = await restore(url);
    expect(restored).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Start Seer with the master key local:\w+/),
    });

    const key = 'a-key-that-is-given-for-this-test-only';
    const other = await startApp({ SEER_BOOTSTRAP_API_KEY: key }, url);
    try {
      expect((await other.admin.get(`/v1/runs/${done.run_id}`)).body).toMatchObject({
        status: 'COMPLETED',
        outputs: awkward,
      });
      expect((await other.stranger.post(approval.path, { approved: true })).status).toBe(200);
      const run = await untilOver(other.admin, approval.run);
      expect(run).toMatchObject({ status: 'COMPLETED' });
      expect(peer.requests.filter(({ path }) => path === '/after')).toMatchObject([
        { headers: { authorization: `Bearer ${token}` } },
      ]);

      const body = JSON.stringify({ n: 1 });
      const signed = new Webhook(hook.secret).sign('msg_1', new Date(), body);
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': `${Math.floor(Date.now() / 1_000)}`,
        'webhook-signature': signed,
      };
      expect((await other.stranger.post(pathOf(hook.webhook_url), body, headers)).status).toBe(202);
      expect(await eventsOf(other.admin, hook.subscription_id)).toMatchObject([{ verdict: 'accepted' }]);
    } finally {
      await other.close();
    }
  });

  it('has all tables of Seer, and of jobs all but what processes note about themselves', async () => {
    const [header] = gunzipSync(await readFile(file))
      .toString()
      .split('\n');
    const kept = JSON.parse(header!).tables.map(({ schema, name }: any) => `${schema}.${name}`);
    const tables = await query(
      seer.databaseUrl,
      `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'pgboss')`,
    );
    const left = tables.map(({ name }) => name).filter((name) => !kept.includes(name));
    // Versions are in the header; statistics, warnings and liveness are of the processes that were.
    expect(left.sort()).toEqual([
      'pgboss.bam',
      'pgboss.instance',
      'pgboss.queue_stats',
      'pgboss.version',
      'pgboss.warning',
      'public.migration',
    ]);
    expect(kept).toEqual(expect.arrayContaining(keptJobTables.map((name) => `pgboss.${name}`)));
  });

  it('is for its owner only, and has neither the master key nor a secret in it', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = gunzipSync(await readFile(file)).toString();
    expect(text).toContain(done.run_id.slice('run_'.length));
    for (const secret of [master, token, hook.secret]) expect(text).not.toContain(secret);
  });

  it('writes over no file, and leaves none that is not whole', async () => {
    const again = await backup(file, seer.databaseUrl);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('There is a file') });
    const nothing = await backup(join(directory, 'nothing.backup'), await createDatabase('seer_backup_nothing'));
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing of Seer in this database') });
    expect(await readdir(directory)).toEqual(['seer.backup']);
  });

  it('follows no link that somebody has put where it writes', async () => {
    const shared = await mkdtemp(join(tmpdir(), 'seer-shared-'));
    const [target, theirs] = [join(shared, 'seer.backup'), join(shared, 'theirs')];
    await writeFile(theirs, 'theirs');
    await symlink(theirs, `${target}.unfinished`);
    expect(await backup(target, seer.databaseUrl)).toMatchObject({ code: 0 });
    expect(await readFile(theirs, 'utf8')).toBe('theirs');
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect((await readdir(shared)).sort()).toEqual(['seer.backup', 'seer.backup.unfinished', 'theirs']);
    await rm(shared, { recursive: true });
  });

  it('ends at once when it is interrupted', async () => {
    const url = await createTestDatabase();
    await query(
      url,
      `insert into encryption_key (id, status, retired_at, master_key_id, canary, wrapped_key)
       select 'big', 'retired', now(), '', '', string_agg(md5(random()::text), '') from generate_series(1, 100000)`,
    );
    const { PATH } = process.env;
    const program = spawn(process.execPath, ['dist/src/cli.js', 'backup', '-'], { env: { PATH, DATABASE_URL: url } });
    let said = '';
    program.stderr.on('data', (part: Buffer) => (said += part.toString()));
    // Nobody reads on: it cannot end by itself.
    await once(program.stdout, 'readable');
    program.kill('SIGTERM');
    expect(await once(program, 'exit')).toEqual([1, null]);
    program.stdout.destroy();
    expect(said).toBe('Interrupted by SIGTERM.\n');
  });

  it('numbers what comes later on from where it was', async () => {
    const url = await createTestDatabase();
    await restore(url);
    const [last] = await query(url, `select last_value::int as n from workflow_run_id_seq`);
    expect(last.n).toBeGreaterThanOrEqual(
      (await query(seer.databaseUrl, 'select max(id)::int as n from workflow_run'))[0].n,
    );
  });
});

describe('the audit of a restored installation', () => {
  it('is that of the backup, and as append-only as before', async () => {
    const url = await createDatabase(`seer_restored_${randomBytes(4).toString('hex')}`);
    await restore(url);
    const [{ entries }] = await query(url, 'select count(*)::int as entries from audit_entry');
    expect(entries).toBeGreaterThan(0);
    for (const attack of ["update audit_entry set action = 'x'", 'delete from audit_entry', 'truncate audit_entry']) {
      await expect(query(url, attack)).rejects.toThrow('the audit is append-only');
    }
  });
});

describe('a restore', () => {
  const altered = async (change: (text: string) => string): Promise<BackupReader> =>
    new BackupReader(Readable.from([gzipSync(change(gunzipSync(await readFile(file)).toString()))]));
  const users = (url: string) => query(url, 'select user_id from "user"');

  it('leaves an installation alone, but with --force', async () => {
    const url = await createTestDatabase();
    await query(url, `insert into "user" (user_id, issuer, email, role) values ('old', 'x', '', 'member')`);
    const refused = await restore(url);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is an installation in this database'),
    });
    expect(await users(url)).toEqual([{ user_id: 'old' }]);
    expect(await restore(url, file, '--force')).toMatchObject({ code: 0 });
    expect(await users(url)).toEqual([{ user_id: 'admin' }]);
  });

  it('does nothing while processes use the database', async () => {
    expect(await restore(seer.databaseUrl, file, '--force')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Processes of Seer use this database'),
    });
  });

  let target: string;

  beforeAll(async () => {
    target = await createTestDatabase();
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, -200), /ends early|cannot be read/],
    ['altered', (text: string) => text.replace('Go on?', 'Go off'), /checksum is wrong/],
    [
      'of a newer Seer',
      (text: string) => text.replace('"migrations":[', '"migrations":["Migration29990101000000_later",'),
      /newer Seer: this build lacks Migration2999/,
    ],
    [
      'of an older Seer',
      (text: string) => text.replace(/"Migration\d+_triggers",?/, '').replace(',]', ']'),
      /older Seer, before Migration\d+_triggers/,
    ],
    ['something else', () => 'hello\nworld\n', /no backup of Seer/],
  ])('takes nothing from a backup that is %s', async (_what, change, message) => {
    const { signal } = new AbortController();
    const restoring = restoreBackup(target, await altered(change), { force: false, signal });
    await expect(restoring).rejects.toThrow(message);
    expect(await users(target)).toEqual([]);
  });

  it('says which file is missing', async () => {
    const { code, stderr } = await restore(target, join(directory, 'missing'));
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
  });
});
