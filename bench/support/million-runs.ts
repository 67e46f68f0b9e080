import { seedRuns } from '../../test/support/many-runs.js';
import { query } from './bench-database.js';
import { type BenchContext } from './bench-job.js';
import { load, type Load, type Measured } from './load.js';
import { Program } from './program.js';
import { Seer } from './seer.js';
import { threeTransforms } from './specs.js';
import { merge } from './statistics.js';

export const RUNS = 1_000_000;

/** A Seer with a million runs, 800,000 of them of the one who asks, and beside it bare `node:http` and `pg` on the same database. */
export class MillionRuns {
  private constructor(
    readonly seer: Seer,
    readonly database: string,
    /** The path that runs a workflow. */
    readonly runPath: string,
    readonly bare: Program,
    readonly bareUrl: string,
  ) {}

  static async start(
    { databases }: BenchContext,
    { stepsOfEach = 100, variables = {} }: { stepsOfEach?: number; variables?: Record<string, string> } = {},
  ): Promise<MillionRuns> {
    const database = await databases.create('bench_million_runs');
    const seer = await Seer.onDatabase(database, undefined, variables);
    const runPath = `${await seer.publish(threeTransforms)}?mode=sync`;
    const [user] = await query<{ id: string }>(database, 'select min(id) as id from "user"');
    await seedRuns(database, user!.id, { runs: RUNS, stepsOfEach, events: 0 });
    const bare = new Program('bench/read-runs-server.js', {
      DATABASE_URL: database,
      USER_ID: user!.id,
      NODE_ENV: 'production',
    });
    const [, bareUrl] = await bare.says(/listens at (\S+)/);
    return new MillionRuns(seer, database, runPath, bare, bareUrl!);
  }

  async stop(): Promise<void> {
    await this.bare.stop();
    await this.seer.stop();
  }
}

/** Measures loads in turns of a second, so that a machine that becomes slower meanwhile does so for all. */
export async function inTurns(loads: readonly Load[], seconds: number): Promise<Measured[]> {
  const slices = loads.map((): Measured[] => []);
  for (let turn = 0; turn <= seconds; turn++) {
    for (const [index, wanted] of loads.entries()) {
      const slice = await load({ ...wanted, seconds: 1 });
      // The first is for compiled code and filled caches.
      if (turn > 0) slices[index]!.push(slice);
    }
  }
  return slices.map(merge);
}

/** Of these, the one that comes next, again and again, in an order that has nothing to do with theirs. */
export function shuffled<Item>(items: readonly Item[]): () => Item {
  let index = 0;
  // A step that has no common divisor with the number of items visits them all.
  return () => items[(index = (index + 7_919) % items.length)]!;
}
