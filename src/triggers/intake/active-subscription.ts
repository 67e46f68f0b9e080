import { Injectable } from '@nestjs/common';
import { type HotRead, HotReads } from '../../common/database/hot-reads.js';
import { type JsonObject } from '../../common/json.js';
import {
  type RunTarget,
  RunTargets,
  SpecInvalidProblem,
  type TargetRow,
  targetColumns,
} from '../../workflows/index.js';

/** A subscription as events meet it, with the published version of its workflow. */
export interface SubscriptionRow extends TargetRow {
  /** Internal ids. */
  readonly id: string;
  readonly user_id: string;
  /** uuids. */
  readonly subscription_id: string;
  readonly connection_uuid: string | null;
  readonly trigger_type: string;
  readonly config: JsonObject;
  readonly revision: number;
  readonly secret: string | null;
  /** Only while it still counts. */
  readonly previous_secret: string | null;
}

/** A subscription whose events start runs at this moment. */
export interface ActiveSubscription extends SubscriptionRow {
  /** What they run; or why that cannot be run, in a sentence. */
  readonly target: RunTarget | { readonly unfit: string };
}

/** Of `trigger_subscription s` joined as in `activeSubscriptions`. */
export const subscriptionColumns = `s.id, s.user_id, s.subscription_id, s.trigger_type, s.config, s.revision, s.secret,
  case when s.previous_secret_until > now() then s.previous_secret end as previous_secret,
  (select c.connection_id from oauth_connection c where c.id = s.connection_id) as connection_uuid, ${targetColumns}`;

/** Of owners who are not deactivated, and of workflows that are published. */
export const activeSubscriptions = `
  trigger_subscription s
  join "user" u on u.id = s.user_id and u.deactivated_at is null
  join workflow w on w.id = s.workflow_id
  join workflow_version v on v.id = w.published_version_id`;

const byUuid: HotRead = {
  name: 'active-subscription',
  text: `select ${subscriptionColumns} from ${activeSubscriptions}
         where s.subscription_id = $1 and s.enabled and s.status <> 'stopped'`,
};

/** Finds subscriptions for the events that come to them: one prepared statement for each. */
@Injectable()
export class ActiveSubscriptions {
  constructor(
    private readonly reads: HotReads,
    private readonly targets: RunTargets,
  ) {}

  /** Undefined: there is none, it is off, its owner is deactivated, or nothing of its workflow is published. */
  async find(uuid: string): Promise<ActiveSubscription | undefined> {
    const [row] = await this.reads.rows<SubscriptionRow>(byUuid, [uuid]);
    return row && this.withTarget(row);
  }

  /** A version that a build knew more of than this one, or less, is no reason to lose an event. */
  async withTarget(row: SubscriptionRow): Promise<ActiveSubscription> {
    try {
      return { ...row, target: await this.targets.ofRow(row) };
    } catch (error) {
      if (!(error instanceof SpecInvalidProblem)) throw error;
      return { ...row, target: { unfit: `The published version cannot be run by this build: ${error.message}` } };
    }
  }
}
