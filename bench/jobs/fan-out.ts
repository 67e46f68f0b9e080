import { type SoloJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Seer } from '../support/seer.js';
import { fanOut as spec } from '../support/specs.js';
import { rate } from '../support/statistics.js';

const ITEMS = 1_000;

export const fanOut: SoloJob = {
  name: 'fan-out',
  about: 'for_each over 1,000 items with a trivial body, answered when all steps are saved',
  async *run({ databases }) {
    const seer = await Seer.onDatabase(await databases.create('bench_fan_out'));
    try {
      const path = `${await seer.publish(spec)}?mode=sync`;
      const body = { inputs: { items: Array.from({ length: ITEMS }, (_, index) => index) } };
      const request = { url: seer.url, headers: seer.headers, path, body, status: 200, concurrency: 1 };
      const first = await load({ ...request, count: 1 });
      const early = seer.program.memory();
      const measured = await load({ ...request, count: 10 });
      yield {
        ...rate('fan-out', 1, measured),
        items: ITEMS,
        first_ms: Math.round(first.milliseconds[0]!),
        memory_after_1_mb: early,
        memory_after_11_mb: seer.program.memory(),
        peak_mb: seer.program.peak(),
      };
    } finally {
      await seer.stop();
    }
  },
};
