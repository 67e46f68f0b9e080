import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { newUuid } from '../../src/common/public-id.js';
import { delayOf } from '../../src/triggers/schedules/due-slots.js';
import { Seer } from '../chaos/support/seer.js';
import { connect, createTestDatabase } from './database.js';
import { specOf } from './factories.js';

/** Several processes on one database, and schedules that fire each second from a moment on. */
export class SecondlySchedules {
  private first: Date;

  private constructor(
    readonly database: pg.Client,
    readonly processes: readonly Seer[],
  ) {}

  /**
   * @param variables of each process
   * @param script the program, if it is not Seer as it comes
   */
  static async start(variables: readonly Record<string, string>[], script = 'dist/src/main.js') {
    const url = await createTestDatabase();
    const processes = variables.map((own) => Seer.create(url, script, own));
    await Promise.all(processes.map((seer) => seer.start()));
    return new SecondlySchedules(await connect(url), processes);
  }

  /** So many subscriptions of one workflow, which are due from the next full second on; half of them in the midst of each. */
  async subscribe(count: number): Promise<void> {
    const [seer] = this.processes as [Seer];
    const spec = specOf([{ id: 'echo', type: 'set', value: '${trigger.data.slot}' }]);
    const { workflow_id: id } = (await seer.call('POST', '/v1/workflows', { name: 'Each second', spec })).body;
    await seer.call('POST', `/v1/workflows/${id}/publish`, {});
    const request = { workflow_id: id, trigger_type: 'cron_schedule', config: { cron: '* * * * * *' }, enabled: false };
    const { status, body } = await seer.call('POST', '/v1/trigger-subscriptions', request);
    if (status !== 201) throw new Error(JSON.stringify(body));
    const subscriptions = Array.from({ length: count }, (_, n) => {
      const [uuid, jitter] = [newUuid(), n % 2 === 0 ? '0s' : '900ms'];
      return { uuid, jitter, delay: delayOf(uuid, { jitter }) };
    });
    const { rows } = await this.database.query<{ first: Date }>(
      `with next as (select date_trunc('second', now()) + interval '1 second' as first),
       made as (
         insert into trigger_subscription (subscription_id, user_id, workflow_id, trigger_type, mode, config, revision, enabled,
           status, fence, failures, next_fire_at)
         select uuid, user_id, workflow_id, trigger_type, mode, config || jsonb_build_object('jitter', jitter), 1, true, status,
           0, 0, first + delay * interval '1 millisecond'
         from trigger_subscription, next, json_to_recordset($1) as t(uuid uuid, jitter text, delay int)
       )
       select first from next`,
      [JSON.stringify(subscriptions)],
    );
    this.first = rows[0]!.first;
  }

  /** Resolves when all that was due until this moment has fired, and nothing fires any more. */
  async finish(): Promise<void> {
    const end = await this.now();
    for (const late = Date.now() + 60_000; Date.now() < late; await delay(50)) {
      const { rows } = await this.database.query<{ done: boolean }>(
        `select bool_and(next_fire_at > $1) as done from trigger_subscription where enabled`,
        [end],
      );
      if (rows[0]!.done) break;
    }
    // Waits for whoever fires at the moment; `next_fire_at` tells how far each has come.
    await this.database.query('update trigger_subscription set enabled = false where enabled');
    await this.stop();
  }

  /** What is wrong with the ledger, by kind: nothing, if every time of every subscription fired once. */
  async faults(): Promise<Record<string, number>> {
    const { rows } = await this.database.query<Record<string, number>>(
      `with fired as (
         select s.id, extract(epoch from date_trunc('second', s.next_fire_at) - $1)::int as wanted, count(e.event_id)::int as events,
           count(distinct e.slot)::int as slots, count(distinct e.run_id)::int as runs,
           count(r.run_id)::int as started, min(e.slot) as first, max(e.slot) as last, max(date_trunc('second', s.next_fire_at)) as next
         from trigger_subscription s left join trigger_event e on e.subscription_id = s.id
           left join workflow_run r on r.run_id = e.run_id and r.trigger_event_id = e.event_id
         where s.mode = 'schedule' and s.next_fire_at is not null
         group by s.id
       )
       select sum(wanted - slots)::int as missing, sum(events - slots)::int as twice,
         sum(events - started)::int as without_run,
         (select count(*)::int from workflow_run r where not exists (
           select from trigger_event e where e.run_id = r.run_id)) as runs_of_nothing,
         (count(*) filter (where first <> $1 or last <> next - interval '1 second'))::int as shifted,
         (select count(*)::int from trigger_event where verdict <> 'accepted') as refused
       from fired`,
      [this.first],
    );
    return Object.fromEntries(Object.entries(rows[0]!).filter(([, count]) => count !== 0));
  }

  async fired(): Promise<number> {
    const { rows } = await this.database.query<{ fired: number }>('select count(*)::int as fired from trigger_event');
    return rows[0]!.fired;
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((seer) => seer.program.stop('SIGKILL')));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.database.end();
  }

  private async now(): Promise<Date> {
    return (await this.database.query<{ now: Date }>('select now()')).rows[0]!.now;
  }
}

/**
 * Variables of a process whose clock is wrong, and leaps from an hour too early to an hour too late and back every three
 * seconds. What counts time without a clock (`performance.now`, timers) is not touched, as when an operator sets the clock.
 */
export function leapingClock(): Record<string, string> {
  const code = `
    const Real = Date;
    const now = () => Real.now() + (Math.floor(performance.now() / 3000) % 2 ? 3600000 : -3600000);
    globalThis.Date = new Proxy(Real, {
      construct: (target, given, as) => Reflect.construct(target, given.length ? given : [now()], as),
      get: (target, key) => key === 'now' ? now : Reflect.get(target, key),
    });`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}
