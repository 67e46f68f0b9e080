// `npm run bench`: see scripts/bench.mjs.
import { parseArgs } from 'node:util';
import { asyncRun } from './jobs/async-run.js';
import { bytesPerRun } from './jobs/bytes-per-run.js';
import { coldStart } from './jobs/cold-start.js';
import { durable5 } from './jobs/durable-5.js';
import { durable5Dbos } from './jobs/durable-5-dbos.js';
import { durable5Langgraph } from './jobs/durable-5-langgraph.js';
import { fanOut } from './jobs/fan-out.js';
import { idle } from './jobs/idle.js';
import { langgraphAlone } from './jobs/langgraph-alone.js';
import { list1m } from './jobs/list-1m.js';
import { pruning } from './jobs/pruning.js';
import { rawInsert } from './jobs/raw-insert.js';
import { readById } from './jobs/read-by-id.js';
import { schedules } from './jobs/schedules.js';
import { syncRun } from './jobs/sync-run.js';
import { triggerAsync } from './jobs/trigger-async.js';
import { webhookSync } from './jobs/webhook-sync.js';
import { startDatabases } from './support/bench-database.js';
import { type BenchContext, type BenchJob } from './support/bench-job.js';
import { measureInTurns } from './support/in-turns.js';
import { type Result, table } from './support/statistics.js';

/** All jobs, the floor first. */
const jobs: BenchJob[] = [
  rawInsert,
  langgraphAlone,
  syncRun,
  webhookSync,
  asyncRun,
  triggerAsync,
  durable5,
  durable5Dbos,
  durable5Langgraph,
  fanOut,
  bytesPerRun,
  list1m,
  readById,
  pruning,
  schedules,
  coldStart,
  idle,
];

const usage = `npm run bench [-- <job> …] [--seconds 10] [--concurrency 1,10,50]

${jobs.map(({ name, about }) => `  ${name.padEnd(21)}${about}`).join('\n')}`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '10' },
      concurrency: { type: 'string', default: '1,10,50' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const unknown = positionals.filter((name) => !jobs.some((job) => job.name === name));
  if (unknown.length > 0) throw new Error(`There is no job ${unknown.join(', ')}.\n\n${usage}`);
  // The floor always runs: figures mean something only beside it.
  const wanted = jobs.filter(({ name }) => positionals.length === 0 || [...positionals, rawInsert.name].includes(name));
  const results = await measure(wanted, Number(values.seconds), values.concurrency.split(',').map(Number));
  console.log(`\n${table(results, rawInsert.name, new Map(wanted.map(({ name, peers }) => [name, peers ?? []])))}`);
}

async function measure(wanted: BenchJob[], seconds: number, concurrency: number[]): Promise<Result[]> {
  const databases = await startDatabases();
  const results: Result[] = [];
  try {
    for await (const result of measureAll(wanted, { databases, seconds, concurrency })) {
      results.push(result);
      const { job, ...figures } = result;
      console.log(JSON.stringify({ job, command: `npm run bench -- ${job}`, ...figures }));
    }
  } finally {
    await databases.stop();
  }
  return results;
}

async function* measureAll(wanted: BenchJob[], context: BenchContext): AsyncGenerator<Result> {
  yield* measureInTurns(
    wanted.filter((job) => 'enter' in job),
    context,
  );
  for (const job of wanted) if ('run' in job) yield* job.run(context);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
