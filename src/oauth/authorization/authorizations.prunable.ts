import { type Prunable } from '../../common/retention/prunable.js';
import { AUTHORIZATION_MINUTES } from './authorization-statements.js';

const BATCH = 5_000;

const oldest = `
  delete from oauth_authorization where ctid = any(array(
    select ctid from oauth_authorization where expires_at < now() limit ${BATCH} for update skip locked))`;

/** Authorizations that nobody has finished in time. */
export const prunableAuthorizations: Prunable = {
  name: 'authorizations',
  rules: () => [
    {
      what: 'authorizations',
      keep: AUTHORIZATION_MINUTES * 60_000,
      table: 'oauth_authorization',
      over: 'created_at < ?',
    },
  ],
  async *prune(em) {
    for (let deleted = BATCH; deleted === BATCH; yield deleted) {
      deleted = (await em.execute<{ affectedRows: number }>(oldest, [], 'run')).affectedRows;
    }
  },
};
