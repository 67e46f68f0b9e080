import { type JsonObject } from '../../src/common/json.js';
import { type ComparedJob } from './bench-job.js';
import { load } from './load.js';
import { expectSaved, savedRuns } from './saved.js';
import { Seer } from './seer.js';
import { inputs } from './specs.js';

/** A workflow of Seer whose runs are answered when they are over. */
export interface SeerRuns {
  readonly name: string;
  readonly about: string;
  readonly peers?: readonly string[];
  readonly spec: JsonObject;
  /** How many each run records. */
  readonly steps: number;
  /** The program, if it is not Seer as it comes; relative to the root of the compiled tree. */
  readonly script?: string;
}

export function seerJob({ spec, steps, script, ...about }: SeerRuns): ComparedJob {
  return {
    ...about,
    async enter({ databases }) {
      const database = await databases.create(`bench_${about.name.replaceAll('-', '_')}`);
      const seer = await Seer.onDatabase(database, script);
      const path = `${await seer.publish(spec)}?mode=sync`;
      const request = { url: seer.url, path, headers: seer.headers, body: { inputs }, status: 200 };
      return {
        program: seer.program,
        database,
        measure: (wanted) => load({ ...request, ...wanted }),
        prove: (answered) => expectSaved(database, answered, savedRuns(steps)),
        stop: () => seer.stop(),
      };
    },
  };
}
