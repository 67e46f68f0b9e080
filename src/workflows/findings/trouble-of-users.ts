import { MOST_IDS, type Trouble } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { count } from '../../common/words.js';
import { type QueuedUser } from './queued-users.js';

/** Users who wait for the same reason: one trouble for all; none when nobody waits. */
export function troubleOfUsers(users: readonly QueuedUser[], why: string): Trouble[] {
  const [first] = users;
  if (!first) return [];
  const runs = users.reduce((sum, { queued }) => sum + queued, 0);
  return [
    {
      summary: `${count(runs, 'run')} of ${count(users.length, 'user')} ${runs === 1 ? 'waits' : 'wait'} for a slot: ${why}`,
      since: first.since,
      ids: users.slice(0, MOST_IDS).map(({ runId }) => makePublicId('run', runId)),
    },
  ];
}
