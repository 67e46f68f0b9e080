import { type BenchJob } from '../support/bench-job.js';
import { measurePoints } from '../support/points.js';
import { expectSaved, savedRuns } from '../support/saved.js';
import { Seer } from '../support/seer.js';
import { inputs, threeTransforms } from '../support/specs.js';

export const syncRun: BenchJob = {
  name: 'sync-run',
  about: 'three transforms, answered when run and steps are saved',
  async *run(context) {
    const database = await context.databases.create('bench_sync_run');
    const seer = await Seer.onDatabase(database);
    try {
      const path = `${await seer.publish(threeTransforms)}?mode=sync`;
      const request = { url: seer.url, path, headers: seer.headers, body: { inputs }, status: 200 };
      const served = { job: 'sync-run', program: seer.program, database, request };
      const answered = yield* measurePoints(served, context);
      await expectSaved(database, answered, savedRuns(3));
    } finally {
      await seer.stop();
    }
  },
};
