import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding } from '../../common/findings/define-finding.js';
import { makePublicId } from '../../common/public-id.js';
import { subscriptionStates } from '../oversight/subscription-states.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { subscriptionJoins, subscriptionName } from './subscription-name.js';

interface LateRow {
  subscription_id: string;
  name: string;
  trigger_type: string;
  next_fire_at: string;
  is_worked: boolean;
}

const late = `
  select s.subscription_id, ${subscriptionName} as name, s.trigger_type, s.next_fire_at,
    exists (select from run_worker where lease_until > now()) as is_worked
  from (
    select * from trigger_subscription s where ${subscriptionStates.late} order by s.next_fire_at limit ?
  ) s ${subscriptionJoins} order by s.next_fire_at`;

export const subscriptionLate = defineFinding({
  code: 'subscription-late',
  severity: 'error',
  title: 'A subscription is due and is not taken up',
  remedy:
    'Processes with SEER_ROLE "worker" or "all" fire schedules and polls: start one if none is alive, else look at their logs. ' +
    'What a schedule has missed by then is made up for as its `catch_up` says.',
  async find({ em, most, get }) {
    const catalogue = get<TriggerCatalogue>(TRIGGER_CATALOGUE);
    const rows = await em.execute<LateRow[]>(late, [most + 1]);
    return rows.map((row) => ({
      summary: `${row.name} was due and was not taken up: ${whyNot(row, catalogue)}.`,
      since: dateOf(row.next_fire_at),
      ids: [makePublicId('subscription', row.subscription_id)],
    }));
  },
});

function whyNot({ trigger_type: type, is_worked: isWorked }: LateRow, catalogue: TriggerCatalogue): string {
  if (!catalogue.has(type)) return `this build does not know its trigger ${type}`;
  return isWorked ? 'those that should are behind with their work, or fail' : 'no process that works is alive';
}
