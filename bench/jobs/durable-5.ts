import { seerJob } from '../support/seer-job.js';
import { fiveWrites } from '../support/specs.js';

export const durable5 = seerJob({
  name: 'durable-5',
  about: 'five writes that do nothing, each durable before the next, answered when the run is saved',
  peers: ['durable-5-dbos', 'durable-5-langgraph'],
  spec: fiveWrites,
  steps: 5,
  script: 'bench/seer-with-noop.js',
});
