import { MikroORM } from '@mikro-orm/postgresql';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import { type Client } from 'pg';
import { ConfigModule } from '../src/common/config/config.module.js';
import { readEnvironment } from '../src/common/config/read-environment.js';
import { DatabaseModule } from '../src/common/database/database.module.js';
import { prunableIdempotency } from '../src/common/http/idempotency/idempotency.prunable.js';
import { defineJob, type Job, type JobContext } from '../src/common/jobs/define-job.js';
import { JobsModule } from '../src/common/jobs/jobs.module.js';
import { Jobs } from '../src/common/jobs/jobs.service.js';
import { type Retention } from '../src/common/retention/prunable.js';
import { entities } from '../src/entities.js';
import { connect, createDatabase, createTestDatabase } from './support/database.js';

const everything: Retention = { completed: null, failed: null, cancelled: null, events: null, audit: null };

type Greeting = { text: string };

let url: string;
let behind: Client;
const running: INestApplicationContext[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  url = await createTestDatabase();
  behind = await connect(url);
});

afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

afterAll(() => behind.end());

/** It need not ask the database, which may be away. */
const logins = { engine: {}, api: undefined };

/** A process that has these jobs, on the database of the suite. */
async function start(jobs: Job[], variables: Record<string, string> = {}): Promise<INestApplicationContext> {
  const databaseUrl = variables.DATABASE_URL ?? url;
  const environment = readEnvironment({ DATABASE_URL: databaseUrl, ...variables });
  class Process {}
  const app = await NestFactory.createApplicationContext({
    module: Process,
    imports: [
      ConfigModule.forRoot(environment),
      DatabaseModule.forRoot(entities, { url: databaseUrl, port: 0, logins, close: async () => {} }),
      JobsModule.forRoot(jobs),
    ],
  });
  running.push(app);
  return app;
}

/** A job that remembers its payloads, under a name of its own. */
function recorder(handle: (payload: Greeting, context: JobContext) => Promise<void> = async () => {}) {
  const seen: string[] = [];
  let tell: () => void = () => {};
  const job = defineJob<Greeting>({
    name: `greet-${randomUUID()}`,
    async handle(payload, context) {
      seen.push(payload.text);
      tell();
      await handle(payload, context);
    },
  });
  const count = (wanted: number) =>
    new Promise<string[]>((resolve) => {
      tell = () => {
        if (seen.length >= wanted) resolve(seen);
      };
      tell();
    });
  return { job, seen, count };
}

const stored = async (job: Job) =>
  (await behind.query('select data, state, start_after, retry_count from pgboss.job where name = $1', [job.name])).rows;

describe('a job', () => {
  it('exists when the transaction it was added in commits', async () => {
    const { job, seen, count } = recorder();
    const app = await start([job]);
    await app
      .get(MikroORM)
      .em.fork()
      .transactional(async (em) => {
        expect(await app.get(Jobs).enqueue(job, { text: 'hello' }, { em })).toBe(true);
        expect(await stored(job)).toEqual([]);
        expect(seen).toEqual([]);
      });
    expect(await stored(job)).toHaveLength(1);
    expect(await count(1)).toEqual(['hello']);
  });

  it('never existed when the transaction rolls back', async () => {
    const { job, count } = recorder();
    const app = await start([job]);
    const rolledBack = app
      .get(MikroORM)
      .em.fork()
      .transactional(async (em) => {
        await app.get(Jobs).enqueue(job, { text: 'never' }, { em });
        throw new Error('undo');
      });
    await expect(rolledBack).rejects.toThrow('undo');
    await app.get(Jobs).enqueue(job, { text: 'after' });
    expect(await count(1)).toEqual(['after']);
    expect(await stored(job)).toHaveLength(1);
  });

  it('waits until it is due', async () => {
    const { job, seen, count } = recorder();
    const app = await start([job]);
    const due = new Date(Date.now() + 1_500);
    await app.get(Jobs).enqueue(job, { text: 'later' }, { startAfter: due });
    await app.get(Jobs).enqueue(job, { text: 'now' });
    expect(await count(1)).toEqual(['now']);
    await count(2);
    expect(Date.now()).toBeGreaterThanOrEqual(due.getTime());
    expect(seen).toEqual(['now', 'later']);
  });

  it('waits at most once for each singleton key, and any number of times without one', async () => {
    const { job } = recorder();
    const jobs = (await start([job], { SEER_ROLE: 'api' })).get(Jobs);
    expect(await jobs.enqueue(job, { text: 'first' }, { singletonKey: 'k' })).toBe(true);
    expect(await jobs.enqueue(job, { text: 'second' }, { singletonKey: 'k' })).toBe(false);
    expect(await jobs.enqueue(job, { text: 'other' }, { singletonKey: 'l' })).toBe(true);
    for (const text of ['a', 'b']) expect(await jobs.enqueue(job, { text })).toBe(true);
    expect(await stored(job)).toHaveLength(4);
  });

  it('is tried again when it fails, and the others of its batch are not', async () => {
    const { job, count } = recorder(async ({ text }, { em }) => {
      if (text === 'bad' && (await em.execute('select 1')).length > 0) throw new Error('not yet');
    });
    const jobs = (await start([job])).get(Jobs);
    for (const text of ['good', 'bad']) await jobs.enqueue(job, { text });
    expect((await count(3)).filter((text) => text === 'good')).toHaveLength(1);
  });

  it('is left to processes that work', async () => {
    const { job, seen, count } = recorder();
    const other = recorder();
    const api = await start([job, other.job], { SEER_ROLE: 'api' });
    await start([other.job], { SEER_ROLE: 'worker' });
    await api.get(Jobs).enqueue(job, { text: 'work' });
    // Long enough for every process to have looked for jobs.
    await api.get(Jobs).enqueue(other.job, { text: 'later' }, { startAfter: new Date(Date.now() + 1_100) });
    await other.count(1);
    expect(seen).toEqual([]);
    await start([job], { SEER_ROLE: 'worker' });
    expect(await count(1)).toEqual(['work']);
  });
});

describe('a process', () => {
  it('ends the jobs it has begun before it stops, while the database is there', async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { job, count } = recorder(async (_payload, { em }) => {
      await held;
      await em.execute('select 1');
    });
    const app = await start([job]);
    await app.get(Jobs).enqueue(job, { text: 'slow' });
    await count(1);
    const closed = app.close();
    release();
    await closed;
    expect(await stored(job)).toMatchObject([{ state: 'completed' }]);
  });

  it('begins without its database and works when it comes', async () => {
    const { job, count } = recorder();
    const name = `seer_late_${randomUUID().slice(0, 8)}`;
    const late = new URL(url);
    late.pathname = `/${name}`;
    const app = await start([job], { DATABASE_URL: late.href });
    const added = app.get(Jobs).enqueue(job, { text: 'finally' });
    await createDatabase(name);
    await added;
    expect(await count(1)).toEqual(['finally']);
  });

  it('goes on after its connections broke', async () => {
    const { job, count } = recorder();
    const app = await start([job]);
    await app.get(Jobs).enqueue(job, { text: 'before' });
    await count(1);
    await behind.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'seer jobs'`);
    await app
      .get(MikroORM)
      .em.fork()
      .transactional((em) => app.get(Jobs).enqueue(job, { text: 'after' }, { em }));
    expect(await count(2)).toEqual(['before', 'after']);
  });
});

describe('a scheduled job', () => {
  const scheduled = async () => (await behind.query('select name, cron, timezone from pgboss.schedule')).rows;

  it('is in the database, until a build comes that does not have it', async () => {
    const { job, count } = recorder();
    const recurring = defineJob({ name: 'tidy', schedule: '17 * * * *', handle: async () => {} });
    const first = await start([recurring, job]);
    await first.get(Jobs).enqueue(job, { text: 'ready' });
    await count(1);
    expect(await scheduled()).toEqual([{ name: 'tidy', cron: '17 * * * *', timezone: 'UTC' }]);
    const second = await start([job]);
    await second.get(Jobs).enqueue(job, { text: 'ready' });
    expect(await scheduled()).toEqual([]);
  });

  it('prunes idempotency records: every old one, no other', async () => {
    await behind.query(`insert into idempotency_record (user_id, key, request_hash, created_at)
      select 1, n, 'h', now() - (case when n <= 10001 then 25 else 23 end) * interval '1 hour'
      from generate_series(1, 10003) n`);
    const app = await start([]);
    const em = app.get(MikroORM).em.fork();
    let deleted = 0;
    for await (const rows of prunableIdempotency.prune(em, everything)) deleted += rows;
    expect(deleted).toBe(10_001);
    expect((await behind.query('select key from idempotency_record order by key')).rows).toEqual([
      { key: '10002' },
      { key: '10003' },
    ]);
  });
});

describe('the schema of jobs', () => {
  it('is none of the business of migrations', async () => {
    const { job } = recorder();
    const app = await start([job]);
    await app.get(Jobs).enqueue(job, { text: 'installed' });
    const changes = await app.get(MikroORM).schema.getUpdateSchemaSQL({ wrap: false });
    // Those of the engine belong to its role, which belongs to the cluster (walls/raise-walls.ts).
    expect(changes.replaceAll(/drop policy "engine" on "\w+";/g, '').trim()).toBe('');
  });
});
