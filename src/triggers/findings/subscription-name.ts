/** `"Weekly report" (cron_schedule) of ada@example.com`, of `trigger_subscription s`, `workflow w` and `"user" u`. */
export const subscriptionName = `'"' || w.name || '" (' || s.trigger_type || ') of ' || coalesce(nullif(u.email, ''), u.user_id)`;

/** Each subscription belongs to both. */
export const subscriptionJoins = 'join workflow w on w.id = s.workflow_id join "user" u on u.id = s.user_id';
