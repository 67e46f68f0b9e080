import { connectionsOfProcess } from '../../common/database/connection-budget.js';
import { defineCheck, ok, warn } from './define-check.js';

export const connections = defineCheck({
  name: 'connections',
  needsDatabase: true,
  async look({ client, environment }) {
    // Every process listens on this channel, by one connection.
    const { rows } = await client.query<{ most: number; processes: number }>(
      `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0) as most,
              (select count(*)::int from pg_stat_activity
                where datname = current_database() and application_name = 'seer listen seer_run') as processes`,
    );
    const { most, processes } = rows[0]!;
    const each = connectionsOfProcess(environment);
    const wanted = each * Math.max(1, processes);
    const found = `${Math.max(1, processes)} process${processes > 1 ? 'es' : ''} of up to ${each} connections, the database takes ${most}.`;
    if (wanted <= most) return ok(found);
    return warn(found, 'Lower SEER_DATABASE_POOL, run fewer processes, or raise max_connections of PostgreSQL.');
  },
});
