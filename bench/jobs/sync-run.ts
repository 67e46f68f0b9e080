import { seerJob } from '../support/seer-job.js';
import { threeTransforms } from '../support/specs.js';

export const syncRun = seerJob({
  name: 'sync-run',
  about: 'three transforms, answered when run and steps are saved',
  peers: ['langgraph-alone'],
  spec: threeTransforms,
  steps: 3,
});
