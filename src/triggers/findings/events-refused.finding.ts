import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding, MOST_IDS } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { count } from '../../common/words.js';
import { subscriptionJoins, subscriptionName } from './subscription-name.js';

/** Fewer are what strangers send. */
const FEWEST = 5;

interface RefusedRow {
  subscription_id: string;
  name: string;
  verdict: 'rejected' | 'failed';
  events: number;
  since: string;
  reason: string | null;
  sample: string[];
}

const refused = `
  select s.subscription_id, ${subscriptionName} as name, e.verdict, e.events, e.since, e.reason, e.sample
  from (
    select subscription_id, verdict, count(*)::int as events, min(created_at) as since,
      mode() within group (order by reason) as reason,
      (array_agg(event_id::text order by event_id desc))[1:${MOST_IDS - 1}] as sample
    from (
      select * from trigger_event where verdict in ('rejected', 'failed') order by event_id desc limit 1000
    ) newest
    where created_at > now() - interval '24 hours'
    group by subscription_id, verdict having count(*) >= ${FEWEST}
  ) e join trigger_subscription s on s.id = e.subscription_id ${subscriptionJoins}
  order by e.events desc limit ?`;

export const eventsRefused = defineFinding({
  code: 'events-refused',
  severity: 'warning',
  title: 'Events are refused, or no run can be made of them',
  remedy:
    'Rejected ones do not prove where they come from: compare the secret at the sender, or rotate it. Of failed ones no run can be ' +
    'made: mend the inputs of the subscription, then replay them (`POST /v1/trigger-events/replay`).',
  async find({ em, most }) {
    const rows = await em.execute<RefusedRow[]>(refused, [most + 1]);
    return rows.map(({ subscription_id: uuid, name, verdict, events, since, reason, sample }) => ({
      summary: `${count(events, 'event')} of ${name} ${verdict} within 24 hours, most often because: ${reason ?? 'nobody knows'}`,
      since: dateOf(since),
      ids: [makePublicId('subscription', uuid), ...sample.map((id) => makePublicId('event', id))],
    }));
  },
});
