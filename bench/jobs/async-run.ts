import { type SoloJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Seer } from '../support/seer.js';
import { inputs, threeTransforms } from '../support/specs.js';
import { rate } from '../support/statistics.js';
import { untilCompleted } from '../support/until-completed.js';

const RUNS = 2_000;

export const asyncRun: SoloJob = {
  name: 'async-run',
  about: '2,000 runs accepted, then all COMPLETED',
  async *run({ databases }) {
    const database = await databases.create('bench_async_run');
    const seer = await Seer.onDatabase(database);
    try {
      const path = await seer.publish(threeTransforms);
      const request = { url: seer.url, headers: seer.headers, path, body: { inputs }, status: 202, concurrency: 10 };
      await load({ ...request, count: RUNS });
      await untilCompleted(database, RUNS);
      const start = performance.now();
      const accepted = await load({ ...request, count: RUNS });
      await untilCompleted(database, 2 * RUNS);
      const seconds = (performance.now() - start) / 1_000;
      yield {
        ...rate('async-run', 10, accepted),
        completed_per_second: Math.round(RUNS / seconds),
      };
    } finally {
      await seer.stop();
    }
  },
};
