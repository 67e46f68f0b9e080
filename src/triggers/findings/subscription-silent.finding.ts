import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { subscriptionStates } from '../oversight/subscription-states.js';
import { type TriggerMode } from '../types/define-trigger.js';
import { subscriptionJoins, subscriptionName } from './subscription-name.js';

interface SilentRow {
  subscription_id: string;
  name: string;
  mode: TriggerMode;
  silent_since: string;
}

const silent = `
  select s.subscription_id, ${subscriptionName} as name, s.mode, s.silent_since
  from (
    select * from trigger_subscription s where ${subscriptionStates.silent} order by s.subscription_id desc limit ?
  ) s ${subscriptionJoins}`;

const why: Readonly<Record<TriggerMode, string>> = {
  schedule: 'its schedule had times since then, and none was fired',
  webhook: 'nothing is delivered, not even what would be refused: the sender has stopped, or sends elsewhere',
  form: 'nobody fills it in any more: its link may be gone from where it was',
  poll: 'it is asked and answers, and has nothing new',
  internal: 'nothing of what it watches happens any more',
};

export const subscriptionSilent = defineFinding({
  code: 'subscription-silent',
  severity: 'warning',
  title: 'Nothing is heard of a subscription any more',
  remedy:
    'Look at the other side: is it still registered there, with the link of the subscription? `POST ' +
    '/v1/trigger-subscriptions/{id}/test` shows whether an event would start a run. Switch it off if it is not needed any more.',
  async find({ em, most }) {
    const rows = await em.execute<SilentRow[]>(silent, [most + 1]);
    return rows.map(({ subscription_id: uuid, name, mode, silent_since: since }) => ({
      summary: `${name} has been silent for much longer than ${mode === 'schedule' ? 'its schedule says' : 'ever lately'}: ${why[mode]}.`,
      since: dateOf(since),
      ids: [makePublicId('subscription', uuid)],
    }));
  },
});
