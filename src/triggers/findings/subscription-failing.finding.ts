import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { times } from '../../common/words.js';
import { subscriptionStates } from '../oversight/subscription-states.js';
import { type SubscriptionHealth } from '../subscriptions/trigger-subscription.entity.js';
import { subscriptionJoins, subscriptionName } from './subscription-name.js';

interface FailingRow {
  subscription_id: string;
  connection_id: string | null;
  name: string;
  status: SubscriptionHealth;
  failures: number;
  last_error: string | null;
  failing_since: string | null;
}

const failing = `
  select s.subscription_id, c.connection_id, ${subscriptionName} as name, s.status, s.failures, s.last_error, s.failing_since
  from (
    select * from trigger_subscription s where ${subscriptionStates.failing} order by s.subscription_id desc limit ?
  ) s ${subscriptionJoins} left join oauth_connection c on c.id = s.connection_id`;

const how: Readonly<Record<SubscriptionHealth, (row: FailingRow) => string>> = {
  active: () => 'could not be fired and is tried again',
  failing: ({ failures }) => `failed ${times(failures)} in a row and is tried again, ever later`,
  reauth_required: () => 'waits until its account is connected again',
  stopped: ({ failures }) => `failed ${times(failures)} in a row, for days, and is not tried any more`,
};

export const subscriptionFailing = defineFinding({
  code: 'subscription-failing',
  severity: 'warning',
  title: 'A subscription fails',
  remedy:
    'What was answered last says what to mend: the address, the account, the other side. One that failed for days must be ' +
    'switched on again afterwards (`PATCH /v1/trigger-subscriptions/{id}`); all others go on by themselves, from where they were.',
  async find({ em, most }) {
    const rows = await em.execute<FailingRow[]>(failing, [most + 1]);
    return rows.map((row) => ({
      summary: `${row.name} ${how[row.status](row)}: ${row.last_error ?? 'nobody knows why'}`,
      since: dateOf(row.failing_since),
      ids: [
        makePublicId('subscription', row.subscription_id),
        ...(row.connection_id === null ? [] : [makePublicId('connection', row.connection_id)]),
      ],
    }));
  },
});
