import { defineFinding } from '../../common/findings/define-finding.js';
import { queueState } from './queued-users.js';
import { troubleOfUsers } from './trouble-of-users.js';

export const runsWithoutSlot = defineFinding({
  code: 'runs-without-slot',
  severity: 'warning',
  title: 'All slots are taken',
  remedy:
    'Start more processes, or give each more slots (SEER_RUN_SLOTS) if they have memory and processor time to spare. Runs that ' +
    'take long for no good reason should have a timeout.',
  async find(context) {
    const { users, workers, running, slots } = await queueState(context);
    if (workers === 0 || running < slots) return [];
    return troubleOfUsers(users, `all ${slots} slots of ${workers} processes are taken.`);
  },
});
