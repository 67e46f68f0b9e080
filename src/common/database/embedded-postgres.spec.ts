import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';

const isRoot = process.getuid?.() === 0;
/** Nothing here has to survive a power cut, and two cores are slow at flushing. */
const settings = { fsync: 'off', shared_buffers: '16MB' };

/** A directory that a server has stopped in. */
let initialised: string;
let base: string;
let directory: string;
let cleanUps: (() => unknown)[];

beforeAll(async () => {
  initialised = join(mkdtempSync(join(tmpdir(), 'seer-initialised-')), 'postgres');
  chmodSync(dirname(initialised), 0o711);
  await (await startEmbeddedPostgres({ directory: initialised, settings })).stop();
});

afterAll(() => rmSync(dirname(initialised), { recursive: true }));

beforeEach(() => {
  // With a space: the path ends up in connection strings and on command lines.
  base = mkdtempSync(join(tmpdir(), 'seer pg '));
  chmodSync(base, 0o711);
  directory = join(base, 'postgres');
  cleanUps = [];
});

afterEach(async () => {
  while (cleanUps.length > 0) await cleanUps.pop()!();
  rmSync(base, { recursive: true, force: true });
});

/** Where nothing is yet, it starts on a copy: to initialise anew takes longer than all the rest of a test. */
async function start(where = directory): Promise<EmbeddedPostgres> {
  if (!existsSync(where) && statSync(dirname(where)).isDirectory()) {
    execFileSync('cp', ['-a', initialised, where]);
    rmSync(join(where, 'port'));
  }
  return startNew(where);
}

async function startNew(where = directory): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory: where, settings });
  cleanUps.push(() => server.stop());
  return server;
}

/** A process that starts the server, reports it and then lives on; it leads a process group, like one in a terminal. */
function startInProcess(): ChildProcess {
  const module = new URL('./embedded-postgres.js', import.meta.url).href;
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(module)};
    const server = await startEmbeddedPostgres(${JSON.stringify({ directory, settings })});
    console.log(JSON.stringify(server));
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  return child;
}

async function reported(child: ChildProcess): Promise<EmbeddedPostgres> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return JSON.parse(line) as EmbeddedPostgres;
}

async function killGroup(child: ChildProcess): Promise<void> {
  process.kill(-child.pid!, 'SIGKILL');
  await once(child, 'exit');
}

async function query<Row extends object>(url: string, sql: string): Promise<Row> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows[0]!;
  } finally {
    await client.end();
  }
}

const pidFile = (server: EmbeddedPostgres) => join(server.dataDirectory, 'postmaster.pid');
const pidOf = (server: EmbeddedPostgres) => Number(readFileSync(pidFile(server), 'utf8').split('\n')[0]);

describe('a first start', () => {
  it('gives the application a database of its own, and no more than that', async () => {
    const server = await startNew();

    expect(server.adopted).toBe(false);
    const facts = `select rolsuper or rolcreatedb or rolcreaterole as mighty, pg_get_userbyid(datdba) = current_user as owner,
      current_setting('timezone') as timezone, current_setting('fsync') as fsync
      from pg_roles, pg_database where rolname = current_user and datname = current_database()`;
    expect(await query(server.url, facts)).toEqual({ mighty: false, owner: true, timezone: 'UTC', fsync: 'off' });
    const admin = 'select rolsuper, current_database() as database from pg_roles where rolname = current_user';
    expect(await query(server.adminUrl, admin)).toEqual({ rolsuper: true, database: 'postgres' });
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    const server = await start();

    const guess = server.url.replace(/:[^:@]+@/, ':guess@');
    await expect(query(guess, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(directory, 'credentials.json')).mode & 0o777).toBe(0o600);
  });

  it('listens on 127.0.0.1 too', async () => {
    const server = await start();

    const byTcp = server.url.replace(/@[^:]+:/, '@127.0.0.1:');
    expect(await query(byTcp, 'select host(inet_server_addr()) as address')).toEqual({ address: '127.0.0.1' });
  });

  it('uses 127.0.0.1 alone where the path is too long for a socket', async () => {
    const server = await start(join(base, 'long'.repeat(25)));

    expect(server.url).toContain('@127.0.0.1:');
    expect(await query(server.url, 'select 1 as one')).toEqual({ one: 1 });
  });

  it('begins anew when an initialisation was killed half way', async () => {
    const child = startInProcess();
    const unfinished = () => existsSync(directory) && readdirSync(directory).find((name) => name.startsWith('init'));
    const version = () => join(directory, unfinished() || '', 'data', 'PG_VERSION');
    while (!existsSync(version()) && child.exitCode === null) await delay(5);
    await killGroup(child);
    expect(unfinished()).toBeDefined();

    const server = await start();

    expect(server.adopted).toBe(false);
    expect(await query(server.url, 'select 1 as one')).toEqual({ one: 1 });
    expect(unfinished()).toBeUndefined();
  });

  it('happens once when two processes start at the same moment', async () => {
    const servers = await Promise.all([startInProcess(), startInProcess()].map(reported));

    expect(servers.filter(({ adopted }) => adopted)).toHaveLength(1);
    expect(servers[0]!.url).toBe(servers[1]!.url);
    // The clean-up kills both before it comes to this, which adopts the server and then stops it.
    cleanUps.unshift(start);
  });
});

describe('a later start', () => {
  it('finds the data and the port as they were, after a stop that waited for the end', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    expect(existsSync(pidFile(first))).toBe(false);

    const second = await start();

    expect(second).toMatchObject({ adopted: false, port: first.port, url: first.url });
    expect(await query(second.url, 'select answer from kept')).toEqual({ answer: 42 });
  });

  it('takes another port when the old one is taken', async () => {
    const first = await start();
    await first.stop();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await once(squatter, 'listening');
    cleanUps.push(() => squatter.close());

    const second = await start();

    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'select 1 as one')).toEqual({ one: 1 });
  });

  it('adopts the server of a process group that was killed, and then owns it', async () => {
    const child = startInProcess();
    const orphan = await reported(child);
    await killGroup(child);

    const server = await start();

    expect(server).toMatchObject({ adopted: true, url: orphan.url });
    await server.stop();
    expect(existsSync(pidFile(server))).toBe(false);
  });

  it('leaves the server to the process that started it, as long as that lives', async () => {
    const child = startInProcess();
    await reported(child);
    const guest = await start();
    const heir = await start();

    await guest.stop();
    expect(await query(heir.url, 'select 1 as one')).toEqual({ one: 1 });

    await killGroup(child);
    await heir.stop();
    expect(existsSync(pidFile(heir))).toBe(false);
  });

  it('recovers what was committed before the server was killed, though one of its processes lingers', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    const busy = `do $$ declare until timestamptz := clock_timestamp() + interval '800 ms';
      begin while clock_timestamp() < until loop end loop; end $$`;
    const lingering = query(first.url, busy).catch((error: unknown) => error);
    const isBusy = `select count(*)::int as count from pg_stat_activity where query like 'do $$%' and state = 'active'`;
    while ((await query<{ count: number }>(first.adminUrl, isBusy)).count === 0) await delay(5);
    process.kill(pidOf(first), 'SIGKILL');

    const second = await start();

    expect(second).toMatchObject({ adopted: false, url: first.url });
    expect(await query(second.url, 'select answer from kept')).toEqual({ answer: 42 });
    await lingering;
    // The first handle still owns the server: it stops it.
    await first.stop();
    expect(existsSync(pidFile(second))).toBe(false);
  });

  it('is not fooled by the lock files of a killed server whose pid and port now belong to another server', async () => {
    const stranger = await start(join(base, 'stranger'));
    const first = await start();
    const claim = readFileSync(pidFile(first), 'utf8').split('\n');
    await first.stop();
    claim[0] = String(pidOf(stranger));
    claim[3] = String(stranger.port);
    const { uid, gid } = statSync(first.dataDirectory);
    for (const file of [pidFile(first), join(first.dataDirectory, `.s.PGSQL.${first.port}.lock`)]) {
      writeFileSync(file, claim.join('\n'));
      chownSync(file, uid, gid);
    }

    const second = await start();

    expect(second.adopted).toBe(false);
    const where = await query<{ data_directory: string }>(second.adminUrl, 'show data_directory');
    expect(where.data_directory).toBe(first.dataDirectory);
  });
});

describe('a start that cannot succeed', () => {
  it('names both versions when another PostgreSQL wrote the data', async () => {
    const server = await start();
    await server.stop();
    writeFileSync(join(server.dataDirectory, 'PG_VERSION'), '17\n');

    await expect(start()).rejects.toMatchObject({
      code: 'wrong-version',
      message: expect.stringMatching(/written by PostgreSQL 17, this Seer brings PostgreSQL 18/) as string,
    });
  });

  it('asks for the passwords when only the data is left', async () => {
    const server = await start();
    await server.stop();
    rmSync(join(directory, 'credentials.json'));

    await expect(start()).rejects.toMatchObject({ code: 'credentials-missing' });
  });

  it('says so when the passwords are those of another server', async () => {
    const server = await start();
    const credentials = join(directory, 'credentials.json');
    const right = readFileSync(credentials, 'utf8');
    writeFileSync(credentials, JSON.stringify({ superuser: 'wrong', application: 'wrong' }));

    await expect(start()).rejects.toMatchObject({ code: 'credentials-refused' });
    writeFileSync(credentials, right);
    expect(await query(server.url, 'select 1 as one')).toEqual({ one: 1 });
  });

  it('names the path that it cannot use', async () => {
    writeFileSync(join(base, 'file'), '');

    await expect(start(join(base, 'file', 'postgres'))).rejects.toMatchObject({
      code: 'directory-not-usable',
      message: expect.stringContaining(join(base, 'file', 'postgres')) as string,
    });
  });

  it('shows what the server said', async () => {
    const refused = startEmbeddedPostgres({ directory, settings: { ...settings, shared_buffers: 'plenty' } });

    await expect(refused).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('invalid value for parameter "shared_buffers": "plenty"') as string,
    });
  });
});

if (isRoot) {
  describe('as root', () => {
    it('runs the server as another user', async () => {
      const server = await start();

      expect(statSync(server.dataDirectory).uid).not.toBe(0);
      expect(statSync(`/proc/${pidOf(server)}`).uid).toBe(statSync(server.dataDirectory).uid);
    });

    it('keeps the data elsewhere when that user cannot enter the directory, and finds it again', async () => {
      chmodSync(base, 0o700);
      const lines: string[] = [];
      const first = await startEmbeddedPostgres({ directory, settings, log: (line) => lines.push(line) });
      cleanUps.push(() => rmSync(dirname(first.dataDirectory), { recursive: true }));
      cleanUps.push(() => first.stop());
      await query(first.url, 'create table kept as select 42 as answer');
      await first.stop();

      const second = await start();

      expect(lines[0]).toContain(dirname(first.dataDirectory));
      expect(realpathSync(join(directory, 'relocated', 'data'))).toBe(second.dataDirectory);
      expect(await query(second.url, 'select answer from kept')).toEqual({ answer: 42 });
    });

    it('refuses to start empty when the data is there but closed to the user who owns it', async () => {
      const server = await start();
      await server.stop();
      chmodSync(base, 0o700);

      await expect(start()).rejects.toMatchObject({
        code: 'directory-not-usable',
        message: expect.stringContaining(directory) as string,
      });
    });
  });
}
