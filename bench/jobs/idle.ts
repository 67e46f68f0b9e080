import { setTimeout as delay } from 'node:timers/promises';
import { type SoloJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Seer } from '../support/seer.js';
import { inputs, threeTransforms } from '../support/specs.js';
import { round } from '../support/statistics.js';

const RUNS = 1_000;
const IDLE_MS = 5_000;

export const idle: SoloJob = {
  name: 'idle',
  about: 'memory and CPU of a process with nothing to do, after its start and after 1,000 runs',
  async *run({ databases }) {
    const seer = await Seer.onDatabase(await databases.create('bench_idle'));
    try {
      await delay(IDLE_MS);
      const started = memory(seer);
      const path = `${await seer.publish(threeTransforms)}?mode=sync`;
      const request = { url: seer.url, path, headers: seer.headers, body: { inputs }, status: 200 };
      await load({ ...request, concurrency: 10, count: RUNS });
      await delay(IDLE_MS);
      const before = seer.program.cpu();
      await delay(IDLE_MS);
      const after = seer.program.cpu();
      yield { job: 'idle', count: 0, ...started };
      yield {
        job: 'idle',
        count: RUNS,
        ...memory(seer),
        cpu_percent:
          before === undefined || after === undefined ? undefined : round(((after - before) / IDLE_MS) * 100),
      };
    } finally {
      await seer.stop();
    }
  },
};

/** PSS counts pages that it shares, such as those of Node itself, in part; here that is with the bench, so both are told. */
function memory({ program }: Seer) {
  return { memory_mb: program.memory(), resident_mb: program.resident() };
}
