import { defineFinding } from '../../common/findings/define-finding.js';
import { queueState } from './queued-users.js';
import { troubleOfUsers } from './trouble-of-users.js';

export const runsWithoutWorker = defineFinding({
  code: 'runs-without-worker',
  severity: 'error',
  title: 'Runs wait, and no process executes any',
  remedy: 'Start a process with SEER_ROLE "worker" or "all". Nothing is lost: the runs begin as soon as it is there.',
  async find(context) {
    const { users, workers } = await queueState(context);
    return workers > 0 ? [] : troubleOfUsers(users, 'no process that executes runs is alive.');
  },
});
