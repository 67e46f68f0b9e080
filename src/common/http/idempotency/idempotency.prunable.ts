import { type Prunable } from '../../retention/prunable.js';
import { pruneIdempotencyRecords } from './idempotency-store.js';

/** Few enough that one statement is short. */
const BATCH = 5_000;
const DAY = 86_400_000;

/** Answers that are too old to be given again. */
export const prunableIdempotency: Prunable = {
  name: 'idempotency',
  rules: () => [{ what: 'idempotency', keep: DAY, table: 'idempotency_record', over: 'created_at < ?' }],
  async *prune(em) {
    for (let deleted = BATCH; deleted === BATCH; yield deleted) deleted = await pruneIdempotencyRecords(em, BATCH);
  },
};
