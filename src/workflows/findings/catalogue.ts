import { type Finding } from '../../common/findings/define-finding.js';
import { crashLoop } from './crash-loop.finding.js';
import { queueStalled } from './queue-stalled.finding.js';
import { runsHeldBack } from './runs-held-back.finding.js';
import { runsOverdue } from './runs-overdue.finding.js';
import { runsWaitForAccount } from './runs-wait-for-account.finding.js';
import { runsWithoutSlot } from './runs-without-slot.finding.js';
import { runsWithoutWorker } from './runs-without-worker.finding.js';
import { userAtSlotLimit } from './user-at-slot-limit.finding.js';
import { workerLost } from './worker-lost.finding.js';
import { workflowFailing } from './workflow-failing.finding.js';

/** What can be wrong with runs. */
export const workflowsFindings: readonly Finding[] = [
  workerLost,
  runsWithoutWorker,
  queueStalled,
  runsOverdue,
  crashLoop,
  runsWithoutSlot,
  userAtSlotLimit,
  runsHeldBack,
  runsWaitForAccount,
  workflowFailing,
];
