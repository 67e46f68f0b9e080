import { defineJob } from '../../common/jobs/define-job.js';

/** Forgets authorizations that nobody has finished in time. */
export const pruneAuthorizations = defineJob({
  name: 'prune-oauth-authorizations',
  schedule: '17 * * * *',
  async handle(_payload, { em }) {
    await em.execute('delete from oauth_authorization where expires_at < now()');
  },
});
