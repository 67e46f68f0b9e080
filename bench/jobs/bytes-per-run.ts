import { query } from '../support/bench-database.js';
import { type SoloJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Seer } from '../support/seer.js';
import { inputs, threeTransforms } from '../support/specs.js';

const RUNS = 5_000;

export const bytesPerRun: SoloJob = {
  name: 'bytes-per-run',
  about: 'growth of the database for each run of sync-run, indexes included',
  async *run({ databases }) {
    const database = await databases.create('bench_bytes_per_run');
    const seer = await Seer.onDatabase(database);
    try {
      const path = `${await seer.publish(threeTransforms)}?mode=sync`;
      const before = await sizes(database);
      await load({
        url: seer.url,
        headers: seer.headers,
        path,
        body: { inputs },
        status: 200,
        concurrency: 10,
        count: RUNS,
      });
      const after = await sizes(database);
      const perRun = (part: keyof Sizes): number => Math.round((after[part] - before[part]) / RUNS);
      yield {
        job: 'bytes-per-run',
        count: RUNS,
        bytes_per_run: perRun('runs') + perRun('run_indexes') + perRun('steps') + perRun('step_indexes'),
        run_bytes: perRun('runs'),
        run_index_bytes: perRun('run_indexes'),
        step_bytes: perRun('steps'),
        step_index_bytes: perRun('step_indexes'),
      };
    } finally {
      await seer.stop();
    }
  },
};

type Sizes = Record<'runs' | 'run_indexes' | 'steps' | 'step_indexes', number>;

async function sizes(database: string): Promise<Sizes> {
  await query(database, 'vacuum analyze');
  const [found] = await query<Sizes>(
    database,
    `select pg_table_size('workflow_run')::float8 as runs,
            pg_indexes_size('workflow_run')::float8 as run_indexes,
            pg_table_size('workflow_run_step')::float8 as steps,
            pg_indexes_size('workflow_run_step')::float8 as step_indexes`,
  );
  return found!;
}
