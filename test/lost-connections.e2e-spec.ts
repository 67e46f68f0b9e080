import { jest } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import { Client, Pool } from 'pg';
import { asDatabaseUnavailable, DatabaseUnavailableError } from '../src/common/database/database.errors.js';
import { preparePool } from '../src/common/database/prepare-pool.js';
import { ormOptions } from '../src/common/database/orm-options.js';
import { entities } from '../src/entities.js';
import { RunAdmission } from '../src/workflows/runs/engine/run-admission.js';
import { newRun, RunStarter } from '../src/workflows/runs/run-starter.js';
import { RunTargets } from '../src/workflows/runs/run-target.js';
import { startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { connect, createTestDatabase } from './support/database.js';
import { specOf } from './support/factories.js';
import { SilentProxy } from './support/silent-proxy.js';

describe('connections that break in the middle of a transaction', () => {
  it('do not use up the pool, and do not keep the process from stopping', async () => {
    const seer = await startApp({ SEER_DATABASE_POOL: '2' });
    const observer = await connect(seer.databaseUrl);
    const { em } = seer.app.get(MikroORM);
    for (let loss = 0; loss < 5; loss++) {
      const transaction = em.fork().transactional(async (em) => {
        const [{ pid }] = await em.execute<[{ pid: number }]>('select pg_backend_pid() as pid');
        await observer.query('select pg_terminate_backend($1)', [pid]);
        await em.execute('select 1');
      });
      await expect(transaction).rejects.toThrow();
    }
    const answers = await Promise.all(Array.from({ length: 4 }, () => seer.admin.get('/v1/api-keys')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await observer.end();
    await seer.close();
  });
});

describe('connections that the database ends while they are used', () => {
  it('cost the requests that used them, never the process', async () => {
    const seer = await startApp();
    const observer = await connect(seer.databaseUrl);
    const ada = seer.stranger.as((await makeCaller(seer.app)).token);
    const spec = specOf([{ id: 'a', type: 'set', value: 1 }]);
    const { run_id: runId } = (await ada.post('/v1/runs?mode=sync', { spec })).body;
    const requests = [
      () => ada.get(`/v1/runs/${runId}`),
      () => ada.get('/v1/runs'),
      () => ada.post('/v1/workflows', { name: 'Test' }),
      () => ada.post('/v1/runs?mode=sync', { spec }),
      () => seer.admin.get('/v1/admin/runs'),
    ];
    const statuses = new Set<number>();
    let isOver = false;
    const clients = requests.map(async (request) => {
      while (!isOver) statuses.add((await request()).status);
    });
    // An error event that nobody listens to would fail this test, as it would end a process.
    for (let n = 0; n < 60; n++) {
      await observer.query(
        `select pg_terminate_backend(pid), pg_sleep(0.01) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      );
    }
    isOver = true;
    await Promise.all(clients);
    expect([...statuses].filter((status) => status >= 300)).toEqual([503]);
    for (const request of requests) expect((await request()).status).toBeLessThan(300);
    await observer.end();
    await seer.close();
  });
});

describe('connections that are gone already when a run is started', () => {
  it('cost that run, and not the process', async () => {
    const seer = await startApp();
    const target = await seer.app.get(RunTargets).ofSpec(specOf([{ id: 'a', type: 'set', value: 1 }]));
    const { id: userId } = (await makeCaller(seer.app)).user;
    const request = { userId: String(userId), target, inputs: {}, config: null, source: 'MANUAL' } as const;
    const starter = seer.app.get(RunStarter);
    await starter.start(request);
    // It would end the process; Jest forgives one that is heard later.
    const unheard = jest.fn();
    process.on('unhandledRejection', unheard);
    const { query } = Client.prototype;
    Client.prototype.query = function (this: Client & { connectionParameters: { application_name: string } }) {
      if (this.connectionParameters.application_name !== 'seer commit') return Reflect.apply(query, this, arguments);
      throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    } as typeof query;
    // What others commit takes along what the run leaves so early that nobody waits for it yet.
    const admission = seer.app.get(RunAdmission);
    let isOver = false;
    const others = Promise.allSettled(
      Array.from({ length: 5 }, async () => {
        while (!isOver) await admission.enqueue(newRun(request)).catch(() => {});
      }),
    );
    for (let n = 0; n < 50; n++) await expect(starter.start(request)).rejects.toThrow(DatabaseUnavailableError);
    isOver = true;
    await others;
    Client.prototype.query = query;
    process.off('unhandledRejection', unheard);
    expect(unheard).not.toHaveBeenCalled();
    await starter.start(request);
    await seer.close();
  });
});

describe('connections that a network has forgotten', () => {
  it('are given up when somebody waits for them in vain, and the next one is as good as ever', async () => {
    const proxy = await SilentProxy.start(await createTestDatabase());
    const doors = { engine: {}, api: undefined };
    const pool = preparePool(new Pool({ connectionString: proxy.url, max: 1 }), { name: 'reads', doors, silence: 200 });
    const [before] = (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
    proxy.forget();
    const error = await pool.query('select 1').catch((thrown: unknown) => thrown);
    expect(asDatabaseUnavailable(error)).toBeInstanceOf(DatabaseUnavailableError);
    const [after] = (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
    expect(after!.pid).not.toBe(before!.pid);
    await pool.end();
    await proxy.close();
  });
});

describe('connections that are still being made', () => {
  it('do not keep the process from stopping', async () => {
    const orm = await MikroORM.init(ormOptions({ url: await createTestDatabase(), entities }));
    const asked = Array.from({ length: 10 }, () => orm.em.fork().execute('select 1'));
    const over = Promise.allSettled(asked);
    await new Promise(setImmediate);
    await orm.close();
    expect((await over).map(({ status }) => status)).toContain('rejected');
  });
});
