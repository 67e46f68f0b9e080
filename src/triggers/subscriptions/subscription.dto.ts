import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsISO8601, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { Transform, Type } from 'class-transformer';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField, JsonValue } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { type Verdict, verdicts } from '../events/verdict.js';
import { type TriggerSubscription } from './trigger-subscription.entity.js';

const exampleConfig = { verify: { type: 'standard_webhooks' }, filter: 'trigger.data.body.total > 10' };
const workflowId = { message: 'workflow_id must be an id such as wf_0190b6a0-…' };

export class CreateSubscriptionRequest {
  /** Whose published version runs. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @IsString()
  @Matches(/^wf_[0-9a-f-]{36}$/, workflowId)
  workflow_id: string;

  /** One of `GET /v1/triggers`. @example webhook */
  @IsString()
  @Length(1, 100)
  trigger_type: string;

  /** Its schema is that of the trigger. `filter` and `inputs` are CEL over `trigger`. */
  @Optional()
  @JsonObjectField({ required: false, example: exampleConfig })
  config?: JsonObject;

  @Optional()
  @IsBoolean()
  enabled?: boolean;

  /** What deliveries are verified with, where the sender made it (Stripe, Slack); else Seer makes one. Never shown again. */
  @Optional()
  @IsString()
  @Length(1, 1_000)
  secret?: string;
}

export class UpdateSubscriptionRequest {
  /** In place of what was there. */
  @Optional()
  @JsonObjectField({ required: false, example: exampleConfig })
  config?: JsonObject;

  /** Switching it on again also ends `stopped`. */
  @Optional()
  @IsBoolean()
  enabled?: boolean;

  /** With a `config` that verifies deliveries in another way: its secret, where the sender made it. */
  @Optional()
  @IsString()
  @Length(1, 1_000)
  secret?: string;
}

export class RotateSecretRequest {
  /** The new one, where the sender made it; else Seer makes one. */
  @Optional()
  @IsString()
  @Length(1, 1_000)
  secret?: string;
}

export class EventDataRequest {
  @Optional()
  @JsonValue({ required: false, description: '`trigger.data`; the sample of the trigger, when left out.' })
  data?: Json;
}

export class SubscriptionQuery extends PageQuery {
  /** Only those of this workflow. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @Matches(/^wf_[0-9a-f-]{36}$/, workflowId)
  workflow_id?: string;

  /** Only those of this trigger. @example webhook */
  @Optional()
  @IsString()
  @Length(1, 100)
  trigger_type?: string;

  /** Only those that are switched on, or off. */
  @ApiProperty({ type: Boolean, required: false })
  @Optional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  enabled?: boolean;
}

export class UpcomingQuery {
  /** How many. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 10;

  /** After this moment; now, when left out. @example 2026-12-31T00:00:00Z */
  @Optional()
  @IsISO8601({ strict: true })
  after?: string;
}

/**
 * `active`: its events start runs. `disabled`: switched off. `unpublished`: nothing of its workflow is published; it goes on
 * by itself when that changes. `failing`: what it asks does not answer as it should; it is tried again, ever later.
 * `reauth_required`: its account must be connected again, then it goes on by itself. `stopped`: it has failed for days and is
 * not tried any more; switch it on again when that is mended.
 */
export type SubscriptionStatus = 'active' | 'disabled' | 'unpublished' | 'failing' | 'reauth_required' | 'stopped';
export const subscriptionStatuses: SubscriptionStatus[] = [
  'active',
  'disabled',
  'unpublished',
  'failing',
  'reauth_required',
  'stopped',
];

/** What a subscription is shown with besides itself. */
export interface SubscriptionExtras {
  readonly webhookUrl: string | null;
  readonly formUrl: string | null;
  readonly lastEventAt: Date | null;
  /** Only in the answer that makes it. */
  readonly secret?: string | undefined;
}

/** That events of some kind start runs of a workflow. */
export class SubscriptionResponse {
  /** @example sub_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  subscription_id: string;
  /** @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string;
  /** @example webhook */
  trigger_type: string;
  @JsonObjectField({ example: exampleConfig })
  config: JsonObject;
  enabled: boolean;
  /**
   * `active`: its events start runs. `disabled`: switched off. `unpublished`: nothing of its workflow is published.
   * `failing`: tried again, ever later. `reauth_required`: its account must be connected again. `stopped`: failed for days.
   * @example active
   */
  @ApiProperty({ enum: subscriptionStatuses })
  status: SubscriptionStatus;
  /** When it fires next, or is asked next; null: nobody knows, or never. */
  next_fire_at: Date | null;
  /** When its last event came, whatever became of it. */
  last_event_at: Date | null;
  /** Why it fails. @example null */
  last_error: string | null;
  /** Where deliveries go. Whoever has it can deliver. */
  webhook_url: string | null;
  /** Where the form is. Whoever has it can fill it in. */
  form_url: string | null;
  /** What deliveries are verified with. Only in the answer that makes it: it is never shown again. */
  secret?: string;
  created_at: Date;
  updated_at: Date;

  static from(subscription: TriggerSubscription, extras: SubscriptionExtras): SubscriptionResponse {
    const { workflow } = subscription;
    return Object.assign(new SubscriptionResponse(), {
      subscription_id: makePublicId('subscription', subscription.subscriptionId),
      workflow_id: makePublicId('workflow', workflow.unwrap().workflowId),
      trigger_type: subscription.triggerType,
      config: subscription.config,
      enabled: subscription.enabled,
      status: statusOf(subscription, workflow.unwrap().publishedVersion !== null),
      next_fire_at: subscription.nextFireAt,
      last_event_at: extras.lastEventAt,
      last_error: subscription.lastError,
      webhook_url: extras.webhookUrl,
      form_url: extras.formUrl,
      ...(extras.secret !== undefined && { secret: extras.secret }),
      created_at: subscription.createdAt,
      updated_at: subscription.updatedAt,
    } satisfies SubscriptionResponse);
  }
}

export class SubscriptionPage extends PageOf(SubscriptionResponse) {}

/** What would become of an event. Nothing was written. */
export class EventTestResponse {
  @ApiProperty({ enum: verdicts })
  verdict: Verdict;
  /** Why it would start no run. @example null */
  reason: string | null;
  @JsonObjectField({ description: 'What expressions would see as `trigger`.' })
  trigger: JsonObject;
  @JsonValue({ description: 'What the run would start with; null when there is none.' })
  inputs: Json;
}

export class UpcomingResponse {
  /** Times at which it fires next, if nothing is changed. */
  @ApiProperty({ type: [Date] })
  items: Date[];
}

export function statusOf(
  { enabled, status }: Pick<TriggerSubscription, 'enabled' | 'status'>,
  isPublished: boolean,
): SubscriptionStatus {
  if (!enabled) return 'disabled';
  if (status === 'stopped') return status;
  return isPublished ? status : 'unpublished';
}
