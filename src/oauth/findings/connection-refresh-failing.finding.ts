import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { times } from '../../common/words.js';
import { ConnectionDependants } from '../connections/connection-dependants.js';
import { type ConnectionRow, dependingOn, troubled } from './troubled-connections.js';

export const connectionRefreshFailing = defineFinding({
  code: 'connection-refresh-failing',
  severity: 'warning',
  title: 'The tokens of an account cannot be refreshed',
  remedy:
    'The provider does not answer, or not as it should: look whether it is disturbed, and whether its addresses may be called ' +
    '(SEER_EGRESS_ALLOW). It is tried again by itself; the account works until its access token ends.',
  async find({ em, most, get }) {
    // What fails once or twice has mostly passed by the next time.
    const rows = await em.execute<ConnectionRow[]>(troubled(`c.status = 'healthy' and c.refresh_failures >= 3`), [
      most + 1,
    ]);
    const depending = await dependingOn(get(ConnectionDependants), rows);
    return rows.map((row) => ({
      summary: `${row.name} could not be refreshed ${times(row.refresh_failures)} in a row: ${row.last_error ?? 'nobody knows why'} ${depending(row)}`,
      since: dateOf(row.last_refreshed_at),
      ids: [makePublicId('connection', row.connection_id)],
    }));
  },
});
