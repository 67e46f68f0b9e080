import { type Finding } from '../../common/findings/define-finding.js';
import { eventsRefused } from './events-refused.finding.js';
import { subscriptionFailing } from './subscription-failing.finding.js';
import { subscriptionLate } from './subscription-late.finding.js';
import { subscriptionSilent } from './subscription-silent.finding.js';
import { triggerBacklog } from './trigger-backlog.finding.js';

/** What can be wrong with subscriptions. */
export const triggersFindings: readonly Finding[] = [
  subscriptionLate,
  triggerBacklog,
  subscriptionSilent,
  subscriptionFailing,
  eventsRefused,
];
