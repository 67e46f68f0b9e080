import { setTimeout as delay } from 'node:timers/promises';
import { lockDue, nextDue } from '../../src/triggers/schedules/due-schedules.js';
import { query } from '../support/bench-database.js';
import { type SoloJob } from '../support/bench-job.js';
import { Seer } from '../support/seer.js';
import { scheduled } from '../support/specs.js';
import { quantile, type Result, round } from '../support/statistics.js';

const SUBSCRIPTIONS = 100_000;
const WORKFLOWS = 10;
const DUE = 1_000;
const ROUNDS = 5;
const IDLE_MS = 5_000;
const PATIENCE_MS = 60_000;

export const schedules: SoloJob = {
  name: 'schedules',
  about: '100,000 schedules that are not due, then 1,000 of them due in the same second, five times',
  async *run({ databases }) {
    const database = await databases.create('bench_schedules');
    const seer = await Seer.onDatabase(database);
    try {
      await delay(IDLE_MS);
      const without = await idleCost(seer, database);
      await subscribe(seer, database);
      const idle = await idleCost(seer, database);
      yield { job: 'schedules', count: 0, ...without };
      yield { job: 'schedules', count: SUBSCRIPTIONS, ...idle, plans: await plans(database) };
      for (const overlap of ['allow', 'skip']) yield await measure(database, overlap);
    } finally {
      await seer.stop();
    }
  },
};

/** Of workflows that are published through the API; the others are copies of their first subscriptions. */
async function subscribe(seer: Seer, database: string): Promise<void> {
  for (let workflow = 0; workflow < WORKFLOWS; workflow++) {
    const id = /wf_[^/]+/.exec(await seer.publish(scheduled))![0];
    const config = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };
    await seer.post('/v1/trigger-subscriptions', { workflow_id: id, trigger_type: 'cron_schedule', config });
  }
  await query(
    database,
    `insert into trigger_subscription (subscription_id, user_id, workflow_id, trigger_type, mode, config, revision, enabled,
       status, fence, failures, next_fire_at)
     select gen_random_uuid(), user_id, workflow_id, trigger_type, mode, config, 1, true, status, 0, 0,
       now() + interval '1 day' + n * interval '1 second'
     from trigger_subscription, generate_series(1, ${SUBSCRIPTIONS / WORKFLOWS}) n`,
  );
  // When an event is written, by the clock of the database.
  await query(database, 'alter table trigger_event add written_at timestamptz default clock_timestamp()');
  await query(database, 'vacuum analyze');
}

/** What looking for something to do costs: in the database the looks for schedules and polls, in the process all. */
async function idleCost({ program }: Seer, database: string): Promise<Partial<Result>> {
  const before = { calls: await calls(database), cpu: program.cpu() };
  await delay(IDLE_MS);
  const after = { calls: await calls(database), cpu: program.cpu() };
  const seconds = IDLE_MS / 1_000;
  return {
    looks_per_second: round((after.calls - before.calls) / seconds),
    cpu_ms_per_second:
      before.cpu === undefined || after.cpu === undefined ? undefined : round((after.cpu - before.cpu) / seconds),
  };
}

/** Asked of another database: the statements are counted there, and so is this one. */
async function calls(database: string): Promise<number> {
  const url = new URL(database);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const [found] = await query<{ calls: number }>(
    url.href,
    `select coalesce(sum(calls), 0)::float8 as calls from pg_stat_statements
     where dbid = (select oid from pg_database where datname = '${name}')
       and query like '%trigger_subscription%' and query like '%next_fire_at%'`,
  );
  return found!.calls;
}

/** Which indexes the look for the next one and the claim of those that are due use. */
async function plans(database: string): Promise<string> {
  const found = new Set<string>();
  for (const sql of [nextDue.text, lockDue().replace('?', '100')]) {
    const [row] = await query<{ 'QUERY PLAN': unknown }>(database, `explain (format json) ${sql}`);
    for (const [, index] of JSON.stringify(row).matchAll(/"Index Name":"(\w+)"/g)) found.add(index!);
  }
  return [...found].join(', ');
}

async function measure(database: string, overlap: string): Promise<Result> {
  const late: number[] = [];
  const completed: number[] = [];
  // One more, until code is compiled and caches are filled.
  for (let turn = 0; turn <= ROUNDS; turn++) {
    const slot = await makeDue(database, overlap, turn);
    const after = await untilCompleted(database, slot);
    if (turn === 0) continue;
    completed.push(after);
    const rows = await query<{ late: number }>(
      database,
      `select extract(epoch from written_at - slot)::float8 * 1000 as late from trigger_event where slot = '${slot}'`,
    );
    late.push(...rows.map((row) => row.late));
  }
  late.sort((a, b) => a - b);
  return {
    job: 'schedules',
    count: late.length,
    overlap,
    p50_late_ms: Math.round(quantile(late, 0.5)),
    p99_late_ms: Math.round(quantile(late, 0.99)),
    most_late_ms: Math.round(late.at(-1)!),
    completed_after_ms: Math.round(Math.max(...completed)),
  };
}

/** @returns the slot that all of them have */
async function makeDue(database: string, overlap: string, turn: number): Promise<string> {
  const [row] = await query<{ slot: string }>(
    database,
    `with due as (
       update trigger_subscription set next_fire_at = date_trunc('second', now()) + interval '3 seconds',
         config = config || '{"overlap": "${overlap}"}', revision = revision + 1
       where id % ${SUBSCRIPTIONS / DUE} = ${turn} and mode = 'schedule' returning next_fire_at
     )
     select max(next_fire_at)::text as slot from due`,
  );
  return row!.slot;
}

/** @returns after how many milliseconds from the slot on all runs were over */
async function untilCompleted(database: string, slot: string): Promise<number> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await delay(50)) {
    const [found] = await query<{ runs: number; after: number }>(
      database,
      `select count(*)::int as runs, extract(epoch from now() - '${slot}'::timestamptz)::float8 * 1000 as after
       from trigger_event e join workflow_run r on r.run_id = e.run_id and r.status = 'COMPLETED'
       where e.slot = '${slot}' and e.verdict = 'accepted'`,
    );
    if (found!.runs >= DUE) return found!.after;
  }
  throw new Error(`Not all of ${DUE} runs were COMPLETED within ${PATIENCE_MS} ms.`);
}
