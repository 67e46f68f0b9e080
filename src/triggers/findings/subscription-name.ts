import { ownerName } from '../../users/index.js';

/** `"Weekly report" (cron_schedule) of ada@example.com`, of `trigger_subscription s`, `workflow w` and `"user" u`. */
export const subscriptionName = `'"' || w.name || '" (' || s.trigger_type || ') of ' || ${ownerName}`;

/** Each subscription belongs to both. */
export const subscriptionJoins = 'join workflow w on w.id = s.workflow_id join "user" u on u.id = s.user_id';
