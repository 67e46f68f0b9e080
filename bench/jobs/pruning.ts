import { query } from '../support/bench-database.js';
import { type SoloJob } from '../support/bench-job.js';
import { load, type Measured } from '../support/load.js';
import { MillionRuns, RUNS } from '../support/million-runs.js';
import { inputs } from '../support/specs.js';
import { merge, rate, round } from '../support/statistics.js';

const CLIENTS = 4;
const PATIENCE_MS = 30 * 60_000;

interface Retention {
  last_pass: { finished_at: string | null; seconds: number | null; rows: Record<string, number> } | null;
}

export const pruning: SoloJob = {
  name: 'pruning',
  about: 'starts of runs while the older half of 1,000,000 runs, each with three steps, is deleted',
  async *run(context) {
    const half = { SEER_RETENTION_COMPLETED: '45d', SEER_RETENTION_FAILED: '45d', SEER_RETENTION_CANCELLED: '45d' };
    const million = await MillionRuns.start(context, { stepsOfEach: 1, variables: half });
    const { seer, database, runPath } = million;
    const ask = {
      url: seer.url,
      headers: seer.headers,
      path: runPath,
      body: { inputs },
      status: 200,
      concurrency: CLIENTS,
    };
    try {
      await load({ ...ask, count: 1_000 });
      const idle = await load({ ...ask, seconds: context.seconds });
      yield { ...rate('pruning', CLIENTS, idle), of: 'runs before' };
      await seer.post('/v1/admin/prune', {});
      const slices: Measured[] = [];
      let pass: Retention['last_pass'] = null;
      for (const late = Date.now() + PATIENCE_MS; !pass?.finished_at && Date.now() < late;) {
        slices.push(await load({ ...ask, seconds: 1 }));
        pass = (await seer.get<Retention>('/v1/admin/retention')).last_pass;
      }
      const busy = merge(slices);
      const line = rate('pruning', CLIENTS, busy);
      const before = rate('pruning', CLIENTS, idle);
      yield { ...line, of: 'runs meanwhile', p99_times_idle: round(line.p99_ms! / before.p99_ms!) };
      const [left] = await query<{ runs: number }>(
        database,
        `select count(*)::int as runs from workflow_run where created_at < now() - interval '46 days' and status <> 'WAITING'`,
      );
      const count = pass!.rows.runs!;
      const seconds = pass!.seconds!;
      yield {
        job: 'pruning',
        of: `of ${RUNS}`,
        count,
        seconds,
        per_second: Math.round(count / seconds),
        left: left!.runs,
      };
    } finally {
      await million.stop();
    }
  },
};
