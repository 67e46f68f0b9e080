import { query } from '../support/bench-database.js';
import { type BenchJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Program } from '../support/program.js';
import { inputs } from '../support/specs.js';
import { rate } from '../support/statistics.js';

export const rawInsert: BenchJob = {
  name: 'raw-insert',
  about: 'the floor: bare node:http and pg, one insert for each request',
  async *run({ databases, seconds, concurrency }) {
    const database = await databases.create('bench_raw_insert');
    await query(
      database,
      'create table run (id uuid primary key, inputs json not null, created_at timestamptz not null)',
    );
    const program = new Program('bench/raw-insert-server.js', { DATABASE_URL: database });
    try {
      const [, url] = await program.says(/listens at (\S+)/);
      const request = { url: url!, path: '/', body: { inputs }, status: 200 };
      await load({ ...request, concurrency: 10, seconds: 1 });
      for (const clients of concurrency) {
        yield rate('raw-insert', clients, await load({ ...request, concurrency: clients, seconds }));
      }
    } finally {
      await program.stop();
    }
  },
};
