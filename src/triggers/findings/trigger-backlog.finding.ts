import { dateOf } from '../../common/database/sql-date.js';
import { defineFinding, type Trouble } from '../../common/findings/define-finding.js';
import { count } from '../../common/words.js';
import { subscriptionStates } from '../oversight/subscription-states.js';

interface BacklogRow {
  due: number;
  due_since: string | null;
  ends: number;
  ends_since: string | null;
}

/** So many late ones are not each a trouble of its own. */
const MANY = 10;

const backlog = `
  select d.due, d.due_since, e.ends, e.ends_since from (
    select count(*)::int as due, min(next_fire_at) as due_since from (
      select s.next_fire_at from trigger_subscription s where ${subscriptionStates.late} order by s.next_fire_at limit 1000
    ) late
  ) d cross join (
    select count(*)::int as ends, min(r.completed_at) as ends_since from (
      select run_id from workflow_run_ending order by run_id limit 1000
    ) untold join workflow_run r on r.run_id = untold.run_id
  ) e`;

export const triggerBacklog = defineFinding({
  code: 'trigger-backlog',
  severity: 'warning',
  title: 'Triggers are behind with their work',
  remedy:
    'Start more processes with SEER_ROLE "worker" or "all", and look at `GET /v1/admin/workers` for some whose event loop is late. ' +
    'Nothing is lost: it is only done later.',
  async find({ em }) {
    const [row] = await em.execute<[BacklogRow]>(backlog);
    const troubles: Trouble[] = [];
    if (row.due >= MANY) {
      const summary = `${count(row.due, 'subscription')} or more are due and not taken up.`;
      troubles.push({ summary, since: dateOf(row.due_since), ids: [] });
    }
    const endsSince = dateOf(row.ends_since);
    if (endsSince && Date.now() - endsSince.getTime() > 60_000) {
      const summary = `${count(row.ends, 'run')} or more have ended, and subscriptions to workflow_finished were not told.`;
      troubles.push({ summary, since: endsSince, ids: [] });
    }
    return troubles;
  },
});
