import { EventEmitter, on } from 'node:events';
import pg from 'pg';
import { type JsonObject } from '../../src/common/json.js';
import { type Client } from './client.js';
import { subscribeEcho } from './triggers.js';

/** The end of a poll, as its subscription shows it. */
export interface PollEnd {
  readonly id: string;
  readonly fence: number;
  readonly status: string;
  readonly failures: number;
  readonly last_error: string | null;
  /** Seconds until the next one; null: there is none. */
  readonly wait: number | null;
}

const NAME = 'test polls';
/** Tells of the end of each poll: whoever ends one leaves its number as it is, and sets the next time. */
const teller = `
  create or replace function tell_poll() returns trigger as $$ begin
    if new.mode = 'poll' and new.fence = old.fence and old.next_fire_at is not null
      and new.next_fire_at is distinct from old.next_fire_at and current_setting('application_name') <> '${NAME}' then
      perform pg_notify('polls', json_build_object('id', new.subscription_id, 'fence', new.fence, 'status', new.status,
        'failures', new.failures, 'last_error', new.last_error,
        'wait', extract(epoch from new.next_fire_at - clock_timestamp()))::text);
    end if;
    return new;
  end $$ language plpgsql;
  create or replace trigger tell_poll after update on trigger_subscription for each row execute function tell_poll()`;

const uuidOf = (subscriptionId: string) => subscriptionId.slice('sub_'.length);

/** Makes polls happen, and sees them end. */
export class Polls {
  private readonly ends = new Map<string, PollEnd[]>();
  private readonly told = new EventEmitter();

  private constructor(readonly database: pg.Client) {
    this.told.setMaxListeners(0);
    database.on('notification', ({ payload }) => {
      const end = JSON.parse(payload!) as PollEnd;
      this.endsOf(end.id).push(end);
      this.told.emit('end');
    });
  }

  static async watch(databaseUrl: string): Promise<Polls> {
    const database = new pg.Client({ connectionString: databaseUrl, application_name: NAME });
    await database.connect();
    await database.query(teller);
    await database.query('listen polls');
    return new Polls(database);
  }

  close(): Promise<void> {
    return this.database.end();
  }

  /** A subscription that has found out where now is. */
  async subscribe(client: Client, type: string, config: JsonObject = {}, more: object = {}) {
    const subscription = await subscribeEcho(client, type, config, more);
    const end = await this.until(subscription.subscription_id, 1);
    if (end.status !== 'active') throw new Error(JSON.stringify(end));
    return subscription;
  }

  /** It is due now. */
  async due(subscriptionId: string): Promise<void> {
    await this.database.query('update trigger_subscription set next_fire_at = now() where subscription_id = $1', [
      uuidOf(subscriptionId),
    ]);
  }

  /** Polls until there is nothing more to be read now. @returns the end of the last one, and how many there were */
  async poll(subscriptionId: string): Promise<PollEnd & { polls: number }> {
    const before = this.endsOf(uuidOf(subscriptionId)).length;
    await this.due(subscriptionId);
    for (let polls = 1; ; polls++) {
      const end = await this.until(subscriptionId, before + polls);
      if (end.wait === null || end.wait > 1) return { ...end, polls };
    }
  }

  /** Resolves when this many polls of it have ended in all. */
  async until(subscriptionId: string, count: number): Promise<PollEnd> {
    const ends = this.endsOf(uuidOf(subscriptionId));
    const changes = on(this.told, 'end');
    while (ends.length < count) await changes.next();
    await changes.return!();
    return ends[count - 1]!;
  }

  /** How many have ended. */
  count(subscriptionId: string): number {
    return this.endsOf(uuidOf(subscriptionId)).length;
  }

  /** What is in its row. */
  async row(subscriptionId: string) {
    const { rows } = await this.database.query(
      'select *, extract(epoch from next_fire_at - now())::float8 as wait from trigger_subscription where subscription_id = $1',
      [uuidOf(subscriptionId)],
    );
    return rows[0];
  }

  /** Its events, oldest first. */
  async events(
    subscriptionId: string,
  ): Promise<{ verdict: string; data: any; reason: string | null; run_id: string }[]> {
    const { rows } = await this.database.query(
      `select e.verdict, e.event_data as data, e.reason, e.run_id from trigger_event e
       join trigger_subscription s on s.id = e.subscription_id where s.subscription_id = $1 order by e.id`,
      [uuidOf(subscriptionId)],
    );
    return rows;
  }

  private endsOf(uuid: string): PollEnd[] {
    if (!this.ends.has(uuid)) this.ends.set(uuid, []);
    return this.ends.get(uuid)!;
  }
}
