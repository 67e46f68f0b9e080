import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsISO8601, Matches } from 'class-validator';
import { dateOf } from '../../common/database/sql-date.js';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { JsonValue } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type Json } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { type Verdict, verdicts } from './verdict.js';

const subscriptionId = { message: 'subscription_id must be an id such as sub_0190b6a0-…' };

export class EventQuery extends PageQuery {
  /** Events of this subscription. @example sub_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @Matches(/^sub_[0-9a-f-]{36}$/, subscriptionId)
  subscription_id?: string;

  /** Events with one of these verdicts, comma separated. @example ["rejected","failed"] */
  @ApiProperty({ required: false, enum: verdicts, isArray: true, style: 'form', explode: false } as never)
  @Optional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value))
  @IsIn(verdicts, { each: true })
  verdict?: Verdict[];

  /** Events that came at or after this moment. @example 2026-11-24T00:00:00Z */
  @Optional()
  @IsISO8601({ strict: true })
  created_after?: string;

  /** Events that came before this moment. @example 2026-11-25T00:00:00Z */
  @Optional()
  @IsISO8601({ strict: true })
  created_before?: string;
}

/** Verdicts whose events can be replayed: of the others nothing was kept. */
const replayable: Verdict[] = ['accepted', 'filtered', 'skipped', 'failed'];

export class ReplayEventsRequest {
  /** Whose events. @example sub_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Matches(/^sub_[0-9a-f-]{36}$/, subscriptionId)
  subscription_id: string;

  /** Events that came at or after this moment … @example 2026-11-24T00:00:00Z */
  @IsISO8601({ strict: true })
  created_after: string;

  /** … and before this one. @example 2026-11-25T00:00:00Z */
  @IsISO8601({ strict: true })
  created_before: string;

  /** Only with these verdicts; those that started no run, when left out. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(4)
  @IsIn(replayable, { each: true })
  @ApiProperty({ required: false, enum: replayable, isArray: true, example: ['failed'] })
  verdicts?: Verdict[];
}

export class ReplayEventsResponse {
  /** How many events were replayed, oldest first; at most 1,000 at a time. */
  replayed: number;
  /** What became of them, by verdict. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'integer' } })
  verdicts: Record<Verdict, number>;
  /** Set when there are more: go on with it as `created_after`. */
  @ApiProperty({ type: Date, nullable: true })
  next_after: Date | null;
}

/** An event as it is read. Times as raw SQL gives them. */
export interface EventRow {
  event_id: string;
  subscription_uuid: string;
  event_data?: Json;
  event_hash: Buffer | null;
  processed: boolean;
  verdict: Verdict;
  reason: string | null;
  run_id: string | null;
  duplicate_of: string | null;
  replay_of: string | null;
  slot: string | null;
  occurred_at: string | null;
  created_at: string;
}

/** An event, without its data. */
export class EventSummaryResponse {
  /** @example evt_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  event_id: string;
  /** @example sub_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  subscription_id: string;
  /** SHA-256 of what makes it this event (RFC 8785), in hex; null for what was rejected. */
  event_hash: string | null;
  /**
   * `accepted`: it started a run. `duplicate`: the same event was accepted within 24 hours. `filtered`: the filter does not
   * want it. `rejected`: it did not prove where it comes from, or was no event. `skipped`: it was not its time, or a limit
   * was reached. `failed`: no run could be made of it.
   * @example accepted
   */
  @ApiProperty({ enum: verdicts })
  verdict: Verdict;
  /** Why it started no run. @example null */
  reason: string | null;
  /** Its fate is sealed. */
  processed: boolean;
  /** The run that it started. @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  run_id: string | null;
  /** The event that it is the same as. @example null */
  duplicate_of: string | null;
  /** The event that it repeats on purpose. @example null */
  replay_of: string | null;
  /** When it happened. */
  occurred_at: Date;
  /** When it came. */
  created_at: Date;

  static from(row: EventRow): EventSummaryResponse {
    return Object.assign(new EventSummaryResponse(), summaryOf(row));
  }
}

export class EventResponse extends EventSummaryResponse {
  @JsonValue({ description: 'What expressions see as `trigger.data`; null for what was rejected, and for duplicates.' })
  event_data: Json;

  static override from(row: EventRow): EventResponse {
    return Object.assign(new EventResponse(), {
      ...summaryOf(row),
      event_data: row.event_data ?? null,
    } satisfies EventResponse);
  }
}

export class EventPage extends PageOf(EventSummaryResponse) {}

function summaryOf(row: EventRow): EventSummaryResponse {
  const createdAt = dateOf(row.created_at);
  return {
    event_id: makePublicId('event', row.event_id),
    subscription_id: makePublicId('subscription', row.subscription_uuid),
    event_hash: row.event_hash && Buffer.from(row.event_hash).toString('hex'),
    verdict: row.verdict,
    reason: row.reason,
    processed: row.processed,
    run_id: row.run_id && makePublicId('run', row.run_id),
    duplicate_of: row.duplicate_of && makePublicId('event', row.duplicate_of),
    replay_of: row.replay_of && makePublicId('event', row.replay_of),
    occurred_at: dateOf(row.occurred_at ?? row.slot) ?? createdAt,
    created_at: createdAt,
  };
}
