import { query } from '../support/bench-database.js';
import { type SoloJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Seer } from '../support/seer.js';
import { delivery, threeTransformsOfEvent } from '../support/specs.js';
import { rate } from '../support/statistics.js';
import { untilCompleted } from '../support/until-completed.js';

const DELIVERIES = 2_000;

export const triggerAsync: SoloJob = {
  name: 'trigger-async',
  about: '2,000 deliveries to a webhook accepted, then all their runs COMPLETED',
  async *run({ databases }) {
    const database = await databases.create('bench_trigger_async');
    const seer = await Seer.onDatabase(database);
    try {
      const path = await seer.subscribe(threeTransformsOfEvent, { verify: { type: 'none' } });
      const request = { url: seer.url, path, body: delivery, status: 202, concurrency: 10, count: DELIVERIES };
      await load(request);
      await untilCompleted(database, DELIVERIES);
      const start = performance.now();
      const accepted = await load(request);
      await untilCompleted(database, 2 * DELIVERIES);
      const seconds = (performance.now() - start) / 1_000;
      yield {
        ...rate('trigger-async', 10, accepted),
        completed_per_second: Math.round(DELIVERIES / seconds),
        ...(await startsAfter(database)),
      };
    } finally {
      await seer.stop();
    }
  },
};

/** Milliseconds from an event to the start of its run. */
async function startsAfter(database: string): Promise<Record<string, number>> {
  const [found] = await query<{ p50: number; p99: number }>(
    database,
    `select percentile_disc(0.5) within group (order by wait) as p50, percentile_disc(0.99) within group (order by wait) as p99
     from (
       select extract(epoch from r.started_at - e.created_at)::float8 * 1000 as wait
       from trigger_event e join workflow_run r on r.run_id = e.run_id
     ) waits`,
  );
  return { start_p50_ms: found!.p50, start_p99_ms: found!.p99 };
}
