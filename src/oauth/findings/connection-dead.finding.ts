import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { ConnectionDependants } from '../connections/connection-dependants.js';
import { type ConnectionRow, dependingOn, troubled } from './troubled-connections.js';

export const connectionDead = defineFinding({
  code: 'connection-dead',
  severity: 'error',
  title: 'An account must be connected again',
  remedy:
    'Only its owner can help: `GET /v1/integrations/connections/{id}/health` has a link for them, which works in any browser, and ' +
    'names what depends on the account. All of that goes on by itself afterwards.',
  async find({ em, most, get }) {
    const rows = await em.execute<ConnectionRow[]>(troubled(`c.status <> 'healthy'`), [most + 1]);
    const depending = await dependingOn(get(ConnectionDependants), rows);
    return rows.map((row) => ({
      summary: `${row.name} ${row.status === 'revoked' ? 'was revoked' : 'must be connected again'}: ${row.last_error ?? 'nobody knows why'} ${depending(row)}`,
      since: dateOf(row.updated_at),
      ids: [makePublicId('connection', row.connection_id)],
    }));
  },
});
