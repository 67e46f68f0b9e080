import { defineFinding } from '../../common/findings/define-finding.js';
import { queueState } from './queued-users.js';
import { troubleOfUsers } from './trouble-of-users.js';

export const queueStalled = defineFinding({
  code: 'queue-stalled',
  severity: 'error',
  title: 'Runs wait although slots are free',
  remedy:
    'Look at the logs of the processes that execute runs: claiming fails, or their event loop is blocked. `GET /v1/admin/workers` ' +
    'has how each of them is. If they have fewer slots than the process that says this, they may just be full.',
  async find(context) {
    const { users, workers, running, slots, slotsPerUser } = await queueState(context);
    if (workers === 0 || running >= slots) return [];
    const passedOver = users.filter((user) => user.running < slotsPerUser);
    return troubleOfUsers(passedOver, `${running} of ${slots} slots are taken, and nobody takes them up.`);
  },
});
