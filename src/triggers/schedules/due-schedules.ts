import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { type HotRead } from '../../common/database/hot-reads.js';
import { type JsonObject } from '../../common/json.js';
import { activeSubscriptions, subscriptionColumns, type SubscriptionRow } from '../intake/active-subscription.js';

/** A subscription that is due. */
export interface DueRow extends SubscriptionRow {
  /** Times as raw SQL gives them. */
  readonly next_fire_at: string;
  /** Of one that could not be fired, or that has more to fire: when it was due. */
  readonly due_since: string | null;
  readonly now: string;
}

/** What becomes of it. */
export interface NextTime {
  readonly id: string;
  /** Null: never. */
  readonly next_fire_at: Date | null;
  readonly cursor: JsonObject | null;
  readonly last_error: string | null;
}

/** In how many milliseconds the next one is due: one probe of `trigger_subscription_due`, however many there are. */
export const nextDue: HotRead = {
  name: 'next-schedule',
  text: `select extract(epoch from next_fire_at - now())::float8 * 1000 as wait from trigger_subscription
         where mode = 'schedule' and next_fire_at is not null order by next_fire_at limit 1`,
};

const ids = 'array(select value::bigint from json_array_elements_text(?::json))';

/**
 * Those that were due first, in the hands of this transaction. It waits for nobody: what another process fires is passed by,
 * and what is being changed, or whose workflow is being published, is taken when that is done. Whoever changes these waits
 * until what fires is committed. So nothing fires after it was changed, and no version after another one was published.
 */
export const lockDue = (among = ''): string => `
  select s.id from trigger_subscription s join workflow w on w.id = s.workflow_id
  where s.mode = 'schedule' and s.next_fire_at <= now() ${among}
  order by s.next_fire_at limit ?
  for no key update of s skip locked for key share of w skip locked`;

/** A statement of its own: only the next one sees what was committed before the lock. */
export const readDue = `
  select ${subscriptionColumns}, s.next_fire_at, s.cursor ->> 'due' as due_since, now() as now from ${activeSubscriptions}
  where s.id = any(${ids}) order by s.next_fire_at`;

export const setNext = `
  update trigger_subscription s set next_fire_at = t.next_fire_at, cursor = t.cursor, last_error = t.last_error
  from json_to_recordset(?::json) as t(id bigint, next_fire_at timestamptz, cursor json, last_error text) where s.id = t.id`;

/**
 * Takes those that are due; of which nothing is published has no time from then on.
 * @param among ids; all, when left out
 */
export async function claimDue(em: SqlEntityManager, most: number, among?: readonly string[]): Promise<DueRow[]> {
  const [sql, values] = among ? [lockDue(`and s.id = any(${ids})`), [JSON.stringify(among)]] : [lockDue(), []];
  const locked = await em.execute<{ id: string }[]>(sql, [...values, most]);
  if (locked.length === 0) return [];
  const rows = await em.execute<DueRow[]>(readDue, [JSON.stringify(locked.map(({ id }) => String(id)))]);
  if (rows.length < locked.length) {
    const active = new Set(rows.map(({ id }) => String(id)));
    const others = locked.filter(({ id }) => !active.has(String(id)));
    await plan(
      em,
      others.map(({ id }) => ({ id, next_fire_at: null, cursor: null, last_error: null })),
    );
  }
  return rows;
}

export async function plan(em: SqlEntityManager, times: readonly NextTime[]): Promise<void> {
  await em.execute(setNext, [JSON.stringify(times)]);
}
