import { defineJob } from '../../common/jobs/define-job.js';
import { Pruning } from './pruning.service.js';

/** Deletes what is old. */
export const prune = defineJob({
  name: 'prune',
  schedule: '17 * * * *',
  handle: (_payload, { signal, get }) => get(Pruning).pass(signal),
});
