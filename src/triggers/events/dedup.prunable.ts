import { type Prunable } from '../../common/retention/prunable.js';

/** How long an event is a duplicate, with a margin. */
const KEPT_HOURS = 25;
const BATCH = 5_000;

const oldest = `
  delete from trigger_dedup where ctid = any(array(
    select ctid from trigger_dedup where accepted_at < now() - interval '${KEPT_HOURS} hours' limit ${BATCH}
    for update skip locked))`;

/** Which events were accepted, once the same one would be accepted again. */
export const prunableDedup: Prunable = {
  name: 'event_hashes',
  rules: () => [
    { what: 'event_hashes', keep: KEPT_HOURS * 3_600_000, table: 'trigger_dedup', over: 'accepted_at < ?' },
  ],
  async *prune(em) {
    for (let deleted = BATCH; deleted === BATCH; yield deleted) {
      deleted = (await em.execute<{ affectedRows: number }>(oldest, [], 'run')).affectedRows;
    }
  },
};
