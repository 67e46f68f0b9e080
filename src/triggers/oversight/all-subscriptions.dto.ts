import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsString, Length } from 'class-validator';
import { dateOf } from '../../common/database/sql-date.js';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { Optional } from '../../common/http/validation/optional.js';
import { makePublicId } from '../../common/public-id.js';
import { OwnerResponse, type OwnerRow } from '../../users/index.js';
import { statusOf, type SubscriptionStatus, subscriptionStatuses } from '../subscriptions/subscription.dto.js';
import { type SubscriptionHealth } from '../subscriptions/trigger-subscription.entity.js';
import { type SubscriptionState, subscriptionStateNames } from './subscription-states.js';

export class AllSubscriptionsQuery extends PageQuery {
  /**
   * `late`: due for more than a minute. `silent`: no event for much longer than usual, or than its schedule says; looked at
   * every five minutes. `failing`: it fails, waits for its account, or was given up. `disabled`: switched off.
   */
  @ApiProperty({ enum: subscriptionStateNames, required: false })
  @Optional()
  @IsIn(subscriptionStateNames)
  state?: SubscriptionState;

  /** Only those of this trigger. @example webhook */
  @Optional()
  @IsString()
  @Length(1, 100)
  trigger_type?: string;

  /** Only those of this user: the subject at the identity provider. @example user_2abc */
  @Optional()
  @IsString()
  @Length(1, 255)
  user_id?: string;
}

/** A subscription as it is read. */
export interface OwnedSubscriptionRow extends OwnerRow {
  subscription_id: string;
  workflow_uuid: string;
  workflow_name: string;
  trigger_type: string;
  enabled: boolean;
  status: SubscriptionHealth;
  is_published: boolean;
  failures: number;
  last_error: string | null;
  /** Times as raw SQL gives them. */
  next_fire_at: string | null;
  last_event_at: string | null;
  silent_since: string | null;
  failing_since: string | null;
  created_at: string;
  updated_at: string;
}

/** A subscription of somebody. Its links and its configuration are for its owner alone. */
export class OwnedSubscriptionResponse {
  /** @example sub_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  subscription_id: string;
  owner: OwnerResponse;
  /** @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string;
  /** @example Weekly report */
  workflow_name: string;
  /** @example webhook */
  trigger_type: string;
  enabled: boolean;
  /** As its owner sees it. @example active */
  @ApiProperty({ enum: subscriptionStatuses })
  status: SubscriptionStatus;
  /** When it is due; long past: it is late. Null: nobody knows, or never. */
  next_fire_at: Date | null;
  /** When its last event came, whatever became of it. */
  last_event_at: Date | null;
  /** When the last event of a silent one came. Null: it is not silent, as far as the last look could tell. */
  silent_since: Date | null;
  /** Failures one after the other. @example 0 */
  @ApiProperty({ type: 'integer' })
  failures: number;
  failing_since: Date | null;
  /** Why it fails. @example null */
  last_error: string | null;
  created_at: Date;
  updated_at: Date;

  static from(row: OwnedSubscriptionRow): OwnedSubscriptionResponse {
    return Object.assign(new OwnedSubscriptionResponse(), {
      subscription_id: makePublicId('subscription', row.subscription_id),
      owner: OwnerResponse.from(row),
      workflow_id: makePublicId('workflow', row.workflow_uuid),
      workflow_name: row.workflow_name,
      trigger_type: row.trigger_type,
      enabled: row.enabled,
      status: statusOf(row, row.is_published),
      next_fire_at: dateOf(row.next_fire_at),
      last_event_at: dateOf(row.last_event_at),
      silent_since: dateOf(row.silent_since),
      failures: row.failures,
      failing_since: dateOf(row.failing_since),
      last_error: row.last_error,
      created_at: dateOf(row.created_at),
      updated_at: dateOf(row.updated_at),
    } satisfies OwnedSubscriptionResponse);
  }
}

export class OwnedSubscriptionPage extends PageOf(OwnedSubscriptionResponse) {}
