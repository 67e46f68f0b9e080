import { type BenchJob } from './bench-job.js';
import { measurePoints } from './points.js';
import { Program } from './program.js';
import { expectSaved } from './saved.js';
import { inputs } from './specs.js';

/** What something else than Seer does, behind bare `node:http` on a database of the same server. */
export interface Bare {
  readonly name: string;
  readonly about: string;
  /** The program, relative to the root of the compiled tree. */
  readonly script: string;
  /** What it has saved, see {@link expectSaved}. */
  readonly saved: string;
}

/** A job that measures it as Seer is measured: same load, same counts, same proof. */
export function bareJob({ name, about, script, saved }: Bare): BenchJob {
  return {
    name,
    about,
    async *run(context) {
      const database = await context.databases.create(`bench_${name.replaceAll('-', '_')}`);
      const program = new Program(script, { DATABASE_URL: database, NODE_ENV: 'production' });
      try {
        const [, url] = await program.says(/listens at (\S+)/);
        const request = { url: url!, path: '/', body: { inputs }, status: 200 };
        const answered = yield* measurePoints({ job: name, program, database, request }, context);
        await expectSaved(database, answered, saved);
      } finally {
        await program.stop();
      }
    },
  };
}
