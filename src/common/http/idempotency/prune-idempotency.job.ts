import { defineJob } from '../../jobs/define-job.js';
import { pruneIdempotencyRecords } from './idempotency-store.js';

/** Few enough that one statement is short. */
const BATCH = 5_000;

/** Deletes idempotency records that are too old to be used, batch after batch. */
export const pruneIdempotency = defineJob({
  name: 'prune-idempotency',
  schedule: '17 * * * *',
  async handle(_payload, { em, signal }) {
    let deleted = BATCH;
    while (deleted === BATCH) {
      signal.throwIfAborted();
      deleted = await pruneIdempotencyRecords(em, BATCH);
    }
  },
});
