import { type BenchJob } from '../support/bench-job.js';
import { measurePoints } from '../support/points.js';
import { expectSaved, savedRuns } from '../support/saved.js';
import { Seer } from '../support/seer.js';
import { fiveWrites, inputs } from '../support/specs.js';

export const durable5: BenchJob = {
  name: 'durable-5',
  about: 'five writes that do nothing, each durable before the next, answered when the run is saved',
  peers: ['durable-5-dbos', 'durable-5-langgraph'],
  async *run(context) {
    const database = await context.databases.create('bench_durable_5');
    const seer = await Seer.onDatabase(database, 'bench/seer-with-noop.js');
    try {
      const path = `${await seer.publish(fiveWrites)}?mode=sync`;
      const request = { url: seer.url, path, headers: seer.headers, body: { inputs }, status: 200 };
      const served = { job: 'durable-5', program: seer.program, database, request };
      const answered = yield* measurePoints(served, context);
      await expectSaved(database, answered, savedRuns(5));
    } finally {
      await seer.stop();
    }
  },
};
