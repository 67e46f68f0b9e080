import { query } from '../support/bench-database.js';
import { type SoloJob } from '../support/bench-job.js';
import { inTurns, MillionRuns, shuffled } from '../support/million-runs.js';
import { rate, type Result, round } from '../support/statistics.js';

export const readById: SoloJob = {
  name: 'read-by-id',
  about: 'a run by its id among 1,000,000, beside bare node:http and pg',
  async *run(context) {
    const million = await MillionRuns.start(context);
    try {
      const rows = await query<{ run_id: string }>(
        million.database,
        `select run_id from workflow_run where user_id = (select min(id) from "user") and id % 50 = 0`,
      );
      const next = shuffled(rows.map(({ run_id: id }) => id));
      const { seer, bareUrl } = million;
      for (const concurrency of context.concurrency) {
        const ours = {
          url: seer.url,
          headers: seer.headers,
          path: () => `/v1/runs/run_${next()}`,
          status: 200,
          concurrency,
        };
        const bare = { url: bareUrl, path: () => `/run/${next()}`, status: 200, concurrency };
        const [mine, floor] = (await inTurns([ours, bare], context.seconds)).map((measured) =>
          rate('read-by-id', concurrency, measured),
        );
        yield* compared(mine!, floor!);
      }
    } finally {
      await million.stop();
    }
  },
};

/** A line for each, and how much of the floor it is. */
export function* compared(mine: Result, floor: Result): Generator<Result> {
  yield { ...floor, job: `${floor.job}-bare` };
  yield { ...mine, percent_of_bare: round((mine.per_second! / floor.per_second!) * 100) };
}
