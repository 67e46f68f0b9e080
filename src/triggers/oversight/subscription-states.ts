/** What operators look for, as conditions on `trigger_subscription s`. */
export const subscriptionStates = {
  /** Due, and not taken up for a minute: nobody works, or nobody knows its trigger. */
  late: `s.mode in ('schedule', 'poll') and s.next_fire_at < now() - interval '1 minute'`,
  /** Marked by the watch (silence/silence-watch.ts), and still nothing was heard. */
  silent: `s.silent_since is not null and s.silent_since >= coalesce((
    select e.created_at from trigger_event e where e.subscription_id = s.id order by e.event_id desc limit 1
  ), s.silent_since)`,
  failing: `s.enabled and (s.status <> 'active' or s.last_error is not null)`,
  disabled: 'not s.enabled',
} as const;

export type SubscriptionState = keyof typeof subscriptionStates;
export const subscriptionStateNames = Object.keys(subscriptionStates) as SubscriptionState[];
