import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SoloJob } from '../support/bench-job.js';
import { newKey, Seer } from '../support/seer.js';
import { inputs, threeTransforms } from '../support/specs.js';
import { median } from '../support/statistics.js';

const STARTS = 5;

export const coldStart: SoloJob = {
  name: 'cold-start',
  about: 'from the start of the program, with its own database and existing data, to its first COMPLETED run',
  async *run() {
    const directory = await mkdtemp(join(tmpdir(), 'seer-bench-start-'));
    const variables = { SEER_DATA_DIR: join(directory, 'data'), SEER_BOOTSTRAP_API_KEY: newKey() };
    try {
      const first = await Seer.start(variables);
      const path = `${await first.publish(threeTransforms)}?mode=sync`;
      await first.stop();
      const listening: number[] = [];
      const completed: number[] = [];
      for (let start = 1; start <= STARTS; start++) {
        const began = performance.now();
        const seer = await Seer.start(variables);
        listening.push(performance.now() - began);
        await seer.post(path, { inputs });
        completed.push(performance.now() - began);
        await seer.stop();
      }
      yield {
        job: 'cold-start',
        count: STARTS,
        first_run_ms: Math.round(median(completed)),
        listening_ms: Math.round(median(listening)),
        best_first_run_ms: Math.round(Math.min(...completed)),
      };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};
