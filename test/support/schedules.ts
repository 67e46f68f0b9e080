import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type JsonObject } from '../../src/common/json.js';
import { type Client } from './client.js';
import { subscribe, subscribeEcho } from './triggers.js';

/** An event of a schedule, as it lies in the ledger. */
export interface Fired {
  readonly slot: Date;
  readonly verdict: string;
  readonly reason: string | null;
  /** Public id. */
  readonly run_id: string | null;
  readonly created_at: Date;
}

/** Far from being due by itself: tests move its time. */
export const yearly = { cron: '0 0 1 1 *' };

/** A subscription of a published workflow (one that echoes, if none is given) to a schedule. */
export function schedule(client: Client, config: JsonObject = {}, workflowId?: string) {
  const whole = { ...yearly, ...config };
  return workflowId === undefined
    ? subscribeEcho(client, 'cron_schedule', whole)
    : subscribe(client, workflowId, 'cron_schedule', whole);
}

/** Makes subscriptions due since so many seconds, all at the same time. @returns the slot */
export async function makeDue(database: pg.Client, ids: string | readonly string[], seconds = 0): Promise<Date> {
  const { rows } = await database.query<{ next_fire_at: Date }>(
    `update trigger_subscription set next_fire_at = date_trunc('second', now()) - $2 * interval '1 second'
     where 'sub_' || subscription_id = any($1) returning next_fire_at`,
    [[ids].flat(), seconds],
  );
  return rows[0]!.next_fire_at;
}

/** What a subscription has fired, by slot. */
export async function firedOf(database: pg.Client, id: string): Promise<Fired[]> {
  const { rows } = await database.query<Fired>(
    `select e.slot, e.verdict, e.reason, 'run_' || e.run_id as run_id, e.created_at
     from trigger_event e join trigger_subscription s on s.id = e.subscription_id
     where 'sub_' || s.subscription_id = $1 order by e.slot`,
    [id],
  );
  return rows;
}

/** What is found once this holds of it. @throws Error with what it is, when that takes too long */
export async function until<Found>(find: () => Promise<Found>, holds: (found: Found) => boolean): Promise<Found> {
  for (const late = Date.now() + 30_000; ; await delay(20)) {
    const found = await find();
    if (holds(found)) return found;
    if (Date.now() > late) throw new Error(`It does not come to be: ${JSON.stringify(found)}`);
  }
}

/** Resolves when a subscription has fired so often. @returns what */
export function untilFired(database: pg.Client, id: string, count = 1): Promise<Fired[]> {
  return until(
    () => firedOf(database, id),
    (fired) => fired.length >= count,
  );
}

/** Long enough for a process to look twice at what is due. */
export const aWhile = () => delay(1_200);

/** Whether something is over by now, or after a moment. */
export async function isOver(work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), delay(300, false)]);
}
