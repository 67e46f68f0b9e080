import { defineJob } from '../../common/jobs/define-job.js';
import { AccessTokens } from './access-tokens.js';

/** How long before its end a token is refreshed although nobody asks for it, in seconds. */
const AHEAD_SECONDS = 10 * 60;
const MOST_AT_A_TIME = 500;

/**
 * Refreshes tokens that are about to end before somebody needs them: a run then waits for no provider, and a connection that
 * is broken is known before its workflow runs.
 */
export const refreshConnections = defineJob({
  name: 'refresh-connections',
  schedule: '* * * * *',
  async handle(_payload, { em, signal, get }) {
    const due = await em.execute<{ connection_id: string; user_id: string }[]>(
      `select connection_id, user_id::text from oauth_connection
        where status = 'healthy' and refresh_token is not null and expires_at < now() + ? * interval '1 second'
          and (retry_at is null or retry_at < now())
        order by expires_at limit ?`,
      [AHEAD_SECONDS, MOST_AT_A_TIME],
    );
    const tokens = get(AccessTokens);
    await Promise.all(
      due.map(async ({ connection_id: connectionId, user_id: userId }) => {
        if (signal.aborted) return;
        // What goes wrong is stored with the connection, where it can be seen.
        await tokens.fresh({ connectionId, userId }, { leewaySeconds: AHEAD_SECONDS }).catch(() => {});
      }),
    );
  },
});
