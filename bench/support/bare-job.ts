import { type ComparedJob } from './bench-job.js';
import { load } from './load.js';
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
export function bareJob({ name, about, script, saved }: Bare): ComparedJob {
  return {
    name,
    about,
    async enter({ databases }) {
      const database = await databases.create(`bench_${name.replaceAll('-', '_')}`);
      const program = new Program(script, { DATABASE_URL: database, NODE_ENV: 'production' });
      const [, url] = await program.says(/listens at (\S+)/);
      return {
        program,
        database,
        measure: (wanted) => load({ url: url!, path: '/', body: { inputs }, status: 200, ...wanted }),
        prove: (answered) => expectSaved(database, answered, saved),
        stop: () => program.stop(),
      };
    },
  };
}
