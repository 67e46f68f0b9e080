import { query } from '../support/bench-database.js';
import { type SoloJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Seer } from '../support/seer.js';
import { delivery, inputs, threeTransforms, threeTransformsOfEvent } from '../support/specs.js';
import { type Result } from '../support/statistics.js';

const RUNS = 5_000;

/** What grows with each run, by what it is called in the result. Of `trigger_dedup` a day remains, whatever the rate. */
const tables = {
  run: 'workflow_run',
  step: 'workflow_run_step',
  event: 'trigger_event',
  dedup: 'trigger_dedup',
} as const;

export const bytesPerRun: SoloJob = {
  name: 'bytes-per-run',
  about: 'growth of the database for each run of sync-run and webhook-sync, indexes included',
  async *run({ databases }) {
    const database = await databases.create('bench_bytes_per_run');
    const seer = await Seer.onDatabase(database);
    const request = { url: seer.url, status: 200, concurrency: 10, count: RUNS };
    try {
      const path = `${await seer.publish(threeTransforms)}?mode=sync`;
      yield await growth(database, 'sync-run', () =>
        load({ ...request, headers: seer.headers, path, body: { inputs } }),
      );
      const config = { verify: { type: 'none' }, respond: 'when_finished' };
      const hook = await seer.subscribe(threeTransformsOfEvent, config);
      yield await growth(database, 'webhook-sync', () => load({ ...request, path: hook, body: delivery }));
    } finally {
      await seer.stop();
    }
  },
};

async function growth(database: string, of: string, work: () => Promise<unknown>): Promise<Result> {
  const before = await sizes(database);
  await work();
  const after = await sizes(database);
  const perRun = Object.keys(after).map((part): [string, number] => [
    part,
    Math.round((after[part]! - before[part]!) / RUNS),
  ]);
  const total = perRun.reduce((sum, [, bytes]) => sum + bytes, 0);
  return { job: 'bytes-per-run', of, count: RUNS, bytes_per_run: total, ...Object.fromEntries(perRun) };
}

async function sizes(database: string): Promise<Record<string, number>> {
  await query(database, 'vacuum analyze');
  const columns = Object.entries(tables).map(
    ([name, table]) =>
      `pg_table_size('${table}')::float8 as ${name}_bytes, pg_indexes_size('${table}')::float8 as ${name}_index_bytes`,
  );
  const [found] = await query<Record<string, number>>(database, `select ${columns.join(', ')}`);
  return found!;
}
