import { count } from '../../common/words.js';
import { ownerName } from '../../users/index.js';
import { type ConnectionDependants } from '../connections/connection-dependants.js';
import { type OAuthConnectionStatus } from '../connections/oauth-connection.entity.js';

export interface ConnectionRow {
  connection_id: string;
  name: string;
  status: OAuthConnectionStatus;
  refresh_failures: number;
  last_error: string | null;
  last_refreshed_at: string | null;
  updated_at: string;
}

/** A statement that finds connections by the index `oauth_connection_trouble`. */
export const troubled = (condition: string): string => `
  select c.connection_id, 'The ' || c.provider || ' account ' || c.account_label || ' of ' ||
    ${ownerName} as name,
    c.status, c.refresh_failures, c.last_error, c.last_refreshed_at, c.updated_at
  from (
    select * from oauth_connection c where (c.status <> 'healthy' or c.refresh_failures > 0) and ${condition}
    order by c.connection_id desc limit ?
  ) c join "user" u on u.id = c.user_id`;

/** Says of each of these connections how much depends on it. */
export async function dependingOn(
  dependants: ConnectionDependants,
  rows: readonly ConnectionRow[],
): Promise<(row: ConnectionRow) => string> {
  const ids = rows.map(({ connection_id: id }) => id);
  const resources = await dependants.count('resource', ids);
  const subscriptions = await dependants.count('subscription', ids);
  return ({ connection_id: id }) =>
    `${count(resources.get(id) ?? 0, 'resource')} and ${count(subscriptions.get(id) ?? 0, 'subscription')} depend on it.`;
}
