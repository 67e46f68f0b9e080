import { defineJob } from '../../common/jobs/define-job.js';
import { SilenceWatch } from './silence-watch.js';

/** Marks subscriptions from which nothing is heard any more, so that nobody has to search the ledger for them. */
export const watchSilence = defineJob({
  name: 'watch-silence',
  schedule: '*/5 * * * *',
  handle: (_payload, { signal, get }) => get(SilenceWatch).look(signal),
});
