import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { allOf, type Condition } from '../../common/database/conditions.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { ownerColumns, Owners, type Principal } from '../../users/index.js';
import { ConnectionDependants } from '../connections/connection-dependants.js';
import { type ConnectionStatus, NOTICE_MS } from '../connections/connection.dto.js';
import { type AllConnectionsQuery, OwnedConnectionResponse, type OwnedConnectionRow } from './all-connections.dto.js';

const ends = `c.refresh_failures > 0 or
  (c.refresh_token is null and coalesce(c.expires_at < now() + interval '1 millisecond' * ${NOTICE_MS}, false))`;

/** What {@link statusOf} says, as conditions on `oauth_connection c`. */
const withStatus: Readonly<Record<ConnectionStatus, string>> = {
  healthy: `c.status = 'healthy' and not (${ends})`,
  expiring: `c.status = 'healthy' and (${ends})`,
  reauth_required: `c.status = 'reauth_required'`,
  revoked: `c.status = 'revoked'`,
};

/** Connected accounts of all users, for whoever looks after the installation. */
@Injectable()
export class AllConnections {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
    private readonly owners: Owners,
    private readonly dependants: ConnectionDependants,
  ) {}

  /** Newest first. Nothing is decrypted. @throws CursorInvalidError */
  async list(caller: Principal, query: AllConnectionsQuery): Promise<Page<OwnedConnectionResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    const conditions: Condition[] = [...(await this.owners.condition('c.user_id', query.user_id))];
    if (query.status !== undefined) conditions.push([withStatus[query.status]]);
    if (query.provider !== undefined) conditions.push(['c.provider = ?', query.provider]);
    let counts: readonly ReadonlyMap<string, number>[] = [];
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'connections of all', filter },
      load: async (count, position) => {
        const rows = await this.rows(
          position ? [...conditions, ['c.connection_id < ?', position[0]]] : conditions,
          count,
        );
        const ids = rows.map(({ connection_id: id }) => id);
        counts = await Promise.all([
          this.dependants.count('resource', ids),
          this.dependants.count('subscription', ids),
        ]);
        return rows;
      },
      positionOf: (row) => [row.connection_id],
      toItem: (row) => {
        const [resources = 0, subscriptions = 0] = counts.map((count) => count.get(row.connection_id) ?? 0);
        return OwnedConnectionResponse.from(row, { resources, subscriptions });
      },
    });
  }

  private rows(conditions: readonly Condition[], count: number): Promise<OwnedConnectionRow[]> {
    const { sql, values } = allOf(conditions);
    return this.em.execute<OwnedConnectionRow[]>(
      `select c.connection_id, c.provider, c.account_label, c.status, c.refresh_token is not null as has_refresh_token,
         c.refresh_failures, c.last_error, c.expires_at, c.last_refreshed_at, c.created_at, c.updated_at, ${ownerColumns}
       from oauth_connection c join "user" u on u.id = c.user_id
       where ${sql} order by c.connection_id desc limit ?`,
      [...values, count],
    );
  }
}
