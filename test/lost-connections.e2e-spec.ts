import { MikroORM } from '@mikro-orm/postgresql';
import { ormOptions } from '../src/common/database/orm-options.js';
import { entities } from '../src/entities.js';
import { startApp } from './support/app.js';
import { connect, createTestDatabase } from './support/database.js';

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
