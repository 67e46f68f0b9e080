import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { dateOf } from '../../common/database/sql-date.js';
import { type JsonObject } from '../../common/json.js';
import { delayOf } from '../schedules/due-slots.js';
import { TRIGGER_CATALOGUE, type TriggerCatalogue } from '../types/catalogue.js';
import { SHORTEST_MS, silentScheduleSince, silentSince } from './silence.js';

const BATCH = 500;

interface WatchedRow {
  id: string;
  subscription_id: string;
  trigger_type: string;
  config: JsonObject;
  silent_since: string | null;
  is_on: boolean;
  is_late: boolean;
  since: string | null;
  last_event_at: string | null;
  events: number;
  longest_gap_ms: number;
  now: string;
}

/** One probe of the ledger for each; the last 50 events only of those that have been quiet for a while. */
const watched = `
  select s.id, s.subscription_id, s.trigger_type, s.config, s.silent_since,
    s.enabled and s.status <> 'stopped' and w.published_version_id is not null as is_on,
    s.next_fire_at <= now() as is_late,
    greatest(s.updated_at, v.published_at) as since, last.created_at as last_event_at,
    coalesce(usual.events, 0) as events, coalesce(usual.longest_gap_ms, 0) as longest_gap_ms, now() as now
  from trigger_subscription s
  join workflow w on w.id = s.workflow_id
  left join workflow_version v on v.id = w.published_version_id
  left join lateral (
    select created_at from trigger_event where subscription_id = s.id order by event_id desc limit 1
  ) last on true
  left join lateral (
    select count(*)::int as events, extract(epoch from max(gap))::float8 * 1000 as longest_gap_ms from (
      select created_at - lag(created_at) over (order by event_id) as gap from (
        select event_id, created_at from trigger_event where subscription_id = s.id order by event_id desc limit 50
      ) recent
    ) gaps
  ) usual on s.mode <> 'schedule' and last.created_at < now() - interval '1 millisecond' * ${SHORTEST_MS}
  where s.id > ? order by s.id limit ${BATCH}`;

const mark = `
  update trigger_subscription s set silent_since = t.since
  from json_to_recordset(?::json) as t(id bigint, since timestamptz) where s.id = t.id`;

/** Finds subscriptions from which nothing has been heard for much longer than usual, or than their schedule says. */
@Injectable()
export class SilenceWatch {
  private readonly log = new Logger(SilenceWatch.name);

  constructor(
    private readonly em: EntityManager,
    @Inject(TRIGGER_CATALOGUE) private readonly catalogue: TriggerCatalogue,
  ) {}

  /** Looks through all subscriptions, part by part; only what has changed is written. */
  async look(signal: AbortSignal): Promise<void> {
    let after = '0';
    for (;;) {
      signal.throwIfAborted();
      const em = this.em.fork();
      const rows = await em.execute<WatchedRow[]>(watched, [after]);
      const changes = rows.flatMap((row) => this.changeOf(row));
      if (changes.length > 0) await em.execute(mark, [JSON.stringify(changes)]);
      if (rows.length < BATCH) return;
      after = String(rows.at(-1)!.id);
    }
  }

  private changeOf(row: WatchedRow): { id: string; since: Date | null }[] {
    const since = this.sinceOf(row) ?? null;
    const before = row.silent_since === null ? null : dateOf(row.silent_since);
    return since?.getTime() === before?.getTime() ? [] : [{ id: row.id, since }];
  }

  private sinceOf(row: WatchedRow): Date | undefined {
    if (!row.is_on || row.since === null) return undefined;
    const { events, longest_gap_ms: longestGapMs } = row;
    const hearing = { now: dateOf(row.now), lastEventAt: dateOf(row.last_event_at), since: dateOf(row.since) };
    const type = this.catalogue.get(row.trigger_type);
    if (type?.mode !== 'schedule') return silentSince(hearing, { events, longestGapMs });
    // What is due is late, which is seen at once.
    if (row.is_late) return undefined;
    try {
      const schedule = type.schedule(row.config);
      const delay = delayOf(row.subscription_id, type.policy(row.config));
      return silentScheduleSince(hearing, (after) => later(schedule.next(later(after, -delay)!), delay));
    } catch (error) {
      // One that cannot be read must not keep the others from being looked at; the scheduler says what is wrong with it.
      this.log.warn({ err: error, subscription_id: row.subscription_id }, 'A schedule could not be read');
      return undefined;
    }
  }
}

function later(time: Date | undefined, milliseconds: number): Date | undefined {
  return time && new Date(time.getTime() + milliseconds);
}
