import { query } from '../support/bench-database.js';
import { type BenchJob } from '../support/bench-job.js';
import { load } from '../support/load.js';
import { Seer } from '../support/seer.js';
import { inputs, threeTransforms } from '../support/specs.js';
import { rate, type Result, round } from '../support/statistics.js';

const WARM_UP_SECONDS = 2;

export const syncRun: BenchJob = {
  name: 'sync-run',
  about: 'three transforms, answered when run and steps are saved',
  async *run({ databases, seconds, concurrency }) {
    const database = await databases.create('bench_sync_run');
    const seer = await Seer.onDatabase(database);
    try {
      const request = {
        url: seer.url,
        path: `${await seer.publish(threeTransforms)}?mode=sync`,
        headers: seer.headers,
        body: { inputs },
        status: 200,
      };
      let answered = (await load({ ...request, concurrency: 10, seconds: WARM_UP_SECONDS })).count;
      for (const clients of concurrency) {
        const before = seer.program.cpu();
        const measured = await load({ ...request, concurrency: clients, seconds });
        answered += measured.count;
        yield { ...rate('sync-run', clients, measured), ...cpuPerRun(seer, before, measured.count) };
      }
      await expectSaved(database, answered);
    } finally {
      await seer.stop();
    }
  },
};

function cpuPerRun(seer: Seer, before: number | undefined, runs: number): Pick<Result, string> {
  const after = seer.program.cpu();
  return before === undefined || after === undefined ? {} : { cpu_ms_per_run: round((after - before) / runs) };
}

/** Answered means saved. A client that the clock stops has seen its last answer, so the counts are equal. */
export async function expectSaved(database: string, answered: number): Promise<void> {
  const [saved] = await query<{ runs: number; steps: number }>(
    database,
    `select (select count(*)::int from workflow_run where status = 'COMPLETED') as runs,
            (select count(*)::int from workflow_run_step) as steps`,
  );
  if (saved?.runs === answered && saved.steps === 3 * answered) return;
  throw new Error(`${answered} runs were answered, but saved are ${saved?.runs} with ${saved?.steps} steps.`);
}
