import { type BenchContext } from './bench-job.js';
import { DatabaseMeter } from './database-cost.js';
import { load, type Load } from './load.js';
import { type Program } from './program.js';
import { rate, type Result, round } from './statistics.js';

const WARM_UP_SECONDS = 2;

/** A program that does a run for each request. */
export interface Served {
  readonly job: string;
  readonly program: Program;
  readonly database: string;
  readonly request: Pick<Load, 'url' | 'path' | 'headers' | 'body' | 'status'>;
}

/**
 * A line for each concurrency: rate, and what a run costs the program and its database.
 * @returns how many runs were answered, those before the first line included
 */
export async function* measurePoints(
  { job, program, database, request }: Served,
  { seconds, concurrency }: BenchContext,
): AsyncGenerator<Result, number> {
  let answered = (await load({ ...request, concurrency: 10, seconds: WARM_UP_SECONDS })).count;
  for (const clients of concurrency) {
    const meter = await DatabaseMeter.start(database);
    const before = program.cpu();
    const measured = await load({ ...request, concurrency: clients, seconds });
    const after = program.cpu();
    answered += measured.count;
    yield {
      ...rate(job, clients, measured),
      cpu_ms_per_run:
        before === undefined || after === undefined ? undefined : round((after - before) / measured.count),
      ...(await meter.perRun(measured.count)),
      memory_mb: program.memory(),
    };
  }
  return answered;
}
