import { type BenchContext, type ComparedJob, type Contender } from './bench-job.js';
import { type DatabaseCost, DatabaseMeter } from './database-cost.js';
import { type Measured } from './load.js';
import { merge, rate, type Result, round } from './statistics.js';

/** Until code is compiled and caches are filled: so many runs, or this long where runs are slow. */
const WARM_UP = { concurrency: 10, count: 1_000, seconds: 10 };
const SLICE_SECONDS = 1;

/**
 * A line for each job and concurrency. The jobs take turns of a second, so that a machine that becomes slower or faster
 * meanwhile does so for all of them: ratios hold where rates do not.
 */
export async function* measureInTurns(jobs: readonly ComparedJob[], context: BenchContext): AsyncGenerator<Result> {
  const entered: Entered[] = [];
  try {
    for (const job of jobs) entered.push(await Entered.enter(job, context));
    for (const clients of context.concurrency) {
      for (const one of entered) await one.begin();
      for (let turn = 0; turn < context.seconds / SLICE_SECONDS; turn++) {
        for (const one of entered) await one.turn(clients);
      }
      for (const one of entered) yield one.result(clients);
    }
    for (const one of entered) await one.prove();
  } finally {
    for (const one of entered) await one.stop();
  }
}

/** One job on its turns. */
class Entered {
  private answered = 0;
  private slices: Measured[] = [];
  private cpu: number | undefined;
  private meter: DatabaseMeter | undefined;

  private constructor(
    private readonly job: string,
    private readonly contender: Contender,
  ) {}

  static async enter(job: ComparedJob, context: BenchContext): Promise<Entered> {
    const one = new Entered(job.name, await job.enter(context));
    one.answered += (await one.contender.measure(WARM_UP)).count;
    return one;
  }

  /** A line begins. */
  async begin(): Promise<void> {
    const { database, program } = this.contender;
    this.slices = [];
    this.cpu = program && 0;
    this.meter = database === undefined ? undefined : await DatabaseMeter.start(database);
  }

  async turn(concurrency: number): Promise<void> {
    const { program, measure } = this.contender;
    const before = program?.cpu();
    await this.meter?.resume();
    const slice = await measure({ concurrency, seconds: SLICE_SECONDS });
    await this.meter?.pause();
    const after = program?.cpu();
    this.cpu = before === undefined || after === undefined ? undefined : this.cpu! + after - before;
    this.answered += slice.count;
    this.slices.push(slice);
  }

  /** The line. */
  async result(concurrency: number): Promise<Result> {
    const measured = merge(this.slices);
    const cost: Partial<DatabaseCost> = (await this.meter?.perRun(measured.count)) ?? {};
    return {
      ...rate(this.job, concurrency, measured),
      cpu_ms_per_run: this.cpu === undefined ? undefined : round(this.cpu / measured.count),
      ...cost,
      memory_mb: this.contender.program?.memory(),
    };
  }

  async prove(): Promise<void> {
    await this.contender.prove?.(this.answered);
  }

  async stop(): Promise<void> {
    await this.contender.stop?.();
  }
}
