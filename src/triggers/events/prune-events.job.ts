import { defineJob } from '../../common/jobs/define-job.js';

/** How long an event is a duplicate, with a margin. */
const DEDUP_HOURS = 25;
/** Longer than any run lives: what `trigger` is in it stays there for it. */
const EVENT_DAYS = 90;
const BATCH = 5_000;

const pruned = {
  dedup: `delete from trigger_dedup where ctid = any(array(
    select ctid from trigger_dedup where accepted_at < now() - interval '${DEDUP_HOURS} hours' limit ${BATCH}))`,
  events: `delete from trigger_event where ctid = any(array(
    select ctid from trigger_event where created_at < now() - interval '${EVENT_DAYS} days' limit ${BATCH}))`,
};

/** Forgets old events, in small parts. */
export const pruneEvents = defineJob({
  name: 'prune-trigger-events',
  schedule: '17 * * * *',
  async handle(_payload, { em, signal }) {
    for (const sql of Object.values(pruned)) {
      let deleted = BATCH;
      while (deleted === BATCH && !signal.aborted) {
        deleted = (await em.execute<{ affectedRows: number }>(sql, [], 'run')).affectedRows;
      }
    }
  },
});
