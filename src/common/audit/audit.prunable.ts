import { cutoff, type Prunable } from '../retention/prunable.js';

const BATCH = 2_000;

/** Without `for update`, which takes the right to change them: nobody has that. */
const oldest = `
  delete from audit_entry where entry_id = any(array(
    select entry_id from audit_entry where created_at < ? order by created_at limit ${BATCH}))`;

/** Old entries of the audit: only whoever says so in the transaction may delete them. */
export const prunableAudit: Prunable = {
  name: 'audit',
  rules: ({ audit }) => [{ what: 'audit', keep: audit, table: 'audit_entry', over: 'created_at < ?' }],
  async *prune(em, { audit }) {
    const before = cutoff(audit);
    if (!before) return;
    for (let deleted = BATCH; deleted === BATCH; yield deleted) {
      deleted = await em.transactional(async (transaction) => {
        await transaction.execute(`set local seer.audit_prune = 'on'`);
        return (await transaction.execute<{ affectedRows: number }>(oldest, [before], 'run')).affectedRows;
      });
    }
  },
};
