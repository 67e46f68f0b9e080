import { type EntityManager } from '@mikro-orm/postgresql';
import { Audit } from '../../common/audit/audit.js';
import { defineJob } from '../../common/jobs/define-job.js';
import { makePublicId } from '../../common/public-id.js';
import { ConnectionsService } from '../../oauth/index.js';
import { User } from '../../users/index.js';
import { RunControl } from '../../workflows/index.js';

/** Rows in one statement: short enough that nothing waits for it, though steps go with their runs. */
const BATCH = 1_000;

/** What there may be much of; the rest goes with the row of the user, by foreign keys. */
const inBatches = ['workflow_run', 'trigger_event', 'idempotency_record'].map(
  (table) => `delete from ${table} where ctid = any(array(select ctid from ${table} where user_id = ? limit ${BATCH}))`,
);

/**
 * Deletes a user who is deactivated for good, and all that is theirs. Tokens go back to their providers first, as long as
 * they are known; one that a provider does not take is let go of. A repetition goes on with what is left.
 */
export const eraseUser = defineJob<{ user_id: string }>({
  name: 'erase-user',
  async handle({ user_id: id }, { em, signal, get }) {
    const user = await em.findOne(User, { id, deletionBegunAt: { $ne: null } });
    if (!user) return;
    await get(RunControl).cancelAllOf(id);
    await get(ConnectionsService).deleteAllOf(user, signal);
    for (const sql of inBatches) await deleteAll(em, sql, id, signal);
    await em.transactional(async (em) => {
      await em.nativeDelete(User, { id });
      await get(Audit).record(em, {
        action: 'user.deleted',
        object: makePublicId('user', user.publicId),
        owner: user.publicId,
        details: { subject: user.userId, issuer: user.issuer },
      });
    });
  },
});

async function deleteAll(em: EntityManager, sql: string, userId: string, signal: AbortSignal): Promise<void> {
  let deleted = BATCH;
  while (deleted === BATCH) {
    signal.throwIfAborted();
    deleted = (await em.execute<{ affectedRows: number }>(sql, [userId], 'run')).affectedRows;
  }
}
