import { MikroORM } from '@mikro-orm/postgresql';
import type pg from 'pg';
import { HotReads } from '../src/common/database/hot-reads.js';
import { type WallRoles } from '../src/common/database/walls/roles.js';
import { GroupCommitter } from '../src/workflows/runs/engine/group-committer.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { runSeer } from './support/command-line.js';
import { connect, createTestDatabase } from './support/database.js';
import { makeWorkflow, specOf } from './support/factories.js';
import { startForgetfulPooler, startTransactionPooler } from './support/poolers.js';
import { Program } from './support/program.js';
import { postgresPort } from './support/shop-database.js';
import { type TcpServer } from './support/tcp-proxy.js';
import { blindTheCode, openItsEyes, rolesIn } from './support/walls.js';

let database: pg.Client;
let pooler: TcpServer;
let roles: WallRoles;
let seer: TestApp | undefined;

/** @returns the test's database through the pooler that `start` makes */
async function behind(start: (port: number) => Promise<TcpServer>): Promise<string> {
  const url = await createTestDatabase();
  database = await connect(url);
  roles = await rolesIn(database);
  pooler = await start(await postgresPort(database));
  const { username, password, pathname } = new URL(url);
  return `postgresql://${username}:${password}@127.0.0.1:${pooler.port}${pathname}`;
}

afterEach(async () => {
  openItsEyes();
  await seer?.close();
  seer = undefined;
  await database.end();
  await pooler.close();
});

const variables = { SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };

const wall = async (url: string) => {
  const { stdout } = await runSeer(['doctor', '--json'], { ...variables, DATABASE_URL: url });
  return (JSON.parse(stdout) as { check: string }[]).find(({ check }) => check === 'walls');
};

/** Who the connections of the engine's pools are, and their settings. */
async function identities({ app }: TestApp): Promise<unknown> {
  const text = `select current_user::text as role, current_setting('enable_sort') as sort, current_setting('enable_seqscan') as scan`;
  const { pool } = app.get(GroupCommitter) as unknown as { pool: pg.Pool };
  return {
    requests: (await app.get(MikroORM).em.fork().execute<object[]>(text))[0],
    reads: (await app.get(HotReads).rows({ name: 'who', text }, []))[0],
    commits: (await pool.query(text)).rows[0],
  };
}

describe('behind a pooler that drops `options`, as PgBouncer is told to', () => {
  it('connections have their roles and settings all the same', async () => {
    const url = await behind((port) => startForgetfulPooler(port, 'options'));
    seer = await startApp({}, url);
    expect(await identities(seer)).toEqual({
      requests: { role: roles.engine, sort: 'on', scan: 'on' },
      reads: { role: roles.engine, sort: 'off', scan: 'on' },
      commits: { role: roles.engine, sort: 'on', scan: 'off' },
    });
    const [victim, attacker] = [await makeCaller(seer.app), await makeCaller(seer.app)];
    const id = await makeWorkflow(seer.stranger.as(victim.token), specOf([]), 'Hers');
    expect((await seer.stranger.as(victim.token).get(`/v1/workflows/${id}`)).status).toBe(200);
    blindTheCode(String(attacker.user.id), String(victim.user.id));
    expect((await seer.stranger.as(attacker.token).get(`/v1/workflows/${id}`)).status).toBe(404);
    expect(await wall(url)).toMatchObject({ status: 'ok', found: expect.stringContaining(roles.api) });
  });
});

describe('behind a pooler that keeps no roles', () => {
  it('doctor sees who connections really are', async () => {
    const url = await behind((port) => startForgetfulPooler(port, 'roles'));
    expect(await wall(url)).toMatchObject({
      status: 'fail',
      found: `A connection that should be one of ${roles.engine} is one of postgres.`,
    });
  });
});

describe('behind a pooler that gives sessions out by transaction', () => {
  it('nothing starts, and doctor says why', async () => {
    const url = await behind(startTransactionPooler);
    const refused = new Program('dist/src/main.js', {
      ...variables,
      DATABASE_URL: url,
      PORT: '0',
      LOG_LEVEL: 'silent',
    });
    expect(await refused.ended).toBe(1);
    expect(refused.output).toMatch(
      /\nSeer can't start:\nConnections of DATABASE_URL share one session: .*pool_mode = session.*\n$/,
    );
    expect(await wall(url)).toMatchObject({ status: 'fail', found: expect.stringContaining('share one session') });
  });
});
