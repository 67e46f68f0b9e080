import { type EntityManager } from '@mikro-orm/postgresql';
import { cutoff, type Prunable } from '../../common/retention/prunable.js';
import { firstUuidAt, LAST_UUID } from '../../common/database/sql-uuid.js';

/** Events that one statement looks at. */
const WINDOW = 5_000;

/** Ids rise with time. */
const usersWithOldOnes = `
  select u.id from "user" u where exists (
    select from trigger_event e where e.user_id = u.id and e.event_id < ${firstUuidAt('?::timestamptz')}
  )`;

/**
 * Looks at events of a user from the youngest old one down, and deletes those that no run has: what `trigger` is in a run stays
 * there for it, for its forks, and for whoever looks at what it did.
 */
const window = `
  with given as (select ?::bigint as user_id, ?::uuid as below, ?::timestamptz as before),
  seen as (
    select e.event_id, e.run_id, e.created_at from given g cross join lateral (
      select event_id, run_id, created_at from trigger_event
      where user_id = g.user_id and event_id < least(g.below, ${firstUuidAt('g.before')})
      order by event_id desc limit ${WINDOW}
    ) e
  ),
  locked as (
    select e.event_id from trigger_event e
    where e.user_id = (select user_id from given) and e.event_id = any(array(
      select s.event_id from seen s
      where s.created_at < (select before from given)
        and not exists (select from workflow_run r where r.run_id = s.run_id)
        and not exists (
          select from workflow_run f where f.trigger_event_id = s.event_id and f.forked_from_run_id is not null
        )
    ))
    for update skip locked
  ),
  deleted as (
    delete from trigger_event
    where user_id = (select user_id from given) and event_id = any(array(select event_id from locked))
    returning 1
  )
  select (select min(event_id::text) from seen) as lowest, (select count(*) from seen)::int as seen,
    (select count(*) from deleted)::int as deleted`;

/** Old events. One that started a run stays as long as the run. */
export const prunableEvents: Prunable = {
  name: 'events',
  rules: ({ events }) => [{ what: 'events', keep: events, table: 'trigger_event', over: 'created_at < ?' }],
  async *prune(em, { events }) {
    const before = cutoff(events);
    if (!before) return;
    for (const { id } of await em.execute<{ id: string }[]>(usersWithOldOnes, [before]))
      yield* eventsOf(em, id, before);
  },
};

async function* eventsOf(em: EntityManager, userId: string, before: Date): AsyncGenerator<number> {
  let below: string | null = LAST_UUID;
  for (let seen = WINDOW; seen === WINDOW;) {
    const [row]: [WindowRow] = await em.execute<[WindowRow]>(window, [userId, below, before]);
    ({ lowest: below, seen } = row);
    yield row.deleted;
  }
}

interface WindowRow {
  lowest: string | null;
  seen: number;
  deleted: number;
}
