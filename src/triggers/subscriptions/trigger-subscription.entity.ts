import { type Opt, type Ref, ref } from '@mikro-orm/core';
import { ownedBy } from '../../common/database/walls/ownership.js';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type EncryptedColumn } from '../../common/encryption/encrypted-column.js';
import { type JsonObject } from '../../common/json.js';
import { newUuid } from '../../common/public-id.js';
import { OAuthConnection } from '../../oauth/index.js';
import { User } from '../../users/index.js';
import { Workflow } from '../../workflows/index.js';
import { type TriggerMode, triggerModes } from '../types/define-trigger.js';

/**
 * `active`: works. `failing`: what it asks does not answer as it should; it is tried again, ever later. `reauth_required`:
 * its account must be connected again, then it goes on by itself. `stopped`: has failed for days and is not tried any more.
 */
export type SubscriptionHealth = 'active' | 'failing' | 'reauth_required' | 'stopped';
export const subscriptionHealths: SubscriptionHealth[] = ['active', 'failing', 'reauth_required', 'stopped'];

/** That events of some kind start runs of a workflow. */
@Entity({ tableName: 'trigger_subscription', policies: ownedBy() })
@Index({ name: 'trigger_subscription_list', properties: ['user', 'subscriptionId'] })
// All that is due is found by one probe, however many subscriptions there are.
@Index({
  name: 'trigger_subscription_due',
  expression:
    'create index "trigger_subscription_due" on "trigger_subscription" ("mode", "next_fire_at") ' +
    'where next_fire_at is not null',
})
// What operators look for among all.
@Index({
  name: 'trigger_subscription_trouble',
  expression:
    'create index "trigger_subscription_trouble" on "trigger_subscription" ("subscription_id") ' +
    `where status <> 'active' or last_error is not null`,
})
@Index({
  name: 'trigger_subscription_silent',
  expression:
    'create index "trigger_subscription_silent" on "trigger_subscription" ("subscription_id") ' +
    'where silent_since is not null',
})
export class TriggerSubscription {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  /** The uuid of its public id, `sub_<uuid>`. */
  @Property({ type: 'uuid' })
  @Unique()
  subscriptionId: Opt<string> = newUuid();

  @ManyToOne(() => User, { ref: true, deleteRule: 'cascade' })
  user: Ref<User>;

  @ManyToOne(() => Workflow, { ref: true, deleteRule: 'cascade', index: true })
  workflow: Ref<Workflow>;

  @Property({ type: 'text' })
  triggerType: string;

  /** That of its type. */
  @Enum({ items: () => triggerModes })
  mode: TriggerMode;

  /** Satisfies the schema of its type; never a secret. */
  @Property({ type: 'jsonb' })
  config: JsonObject;

  /** Counts the changes of `config`: what was made of it is kept under this number. */
  @Property({ type: 'integer' })
  revision: Opt<number> = 1;

  /** Switched on by its owner. */
  @Property({ type: 'boolean' })
  enabled: Opt<boolean> = true;

  @Enum({ items: () => subscriptionHealths })
  status: Opt<SubscriptionHealth> = 'active';

  /** When it is due, by the clock of the database; null: never, or not while it is off or its workflow is not published. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  nextFireAt: Date | null = null;

  /**
   * Of a poll: how far it has read, written in the transaction that records what was read. Of a schedule that could not be
   * fired: since when it is due.
   */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  cursor: JsonObject | null = null;

  /** Of a poll: each one has a number, and only the last one may write. */
  @Property({ type: 'integer' })
  fence: Opt<number> = 0;

  /** Failures one after the other, and since when. */
  @Property({ type: 'integer' })
  failures: Opt<number> = 0;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  failingSince: Date | null = null;

  @Property({ type: 'text', nullable: true })
  lastError: string | null = null;

  /** When its last event came, if one should have come since (silence/watch-silence.job.ts). */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  silentSince: Date | null = null;

  /** The account that it works with. */
  @ManyToOne(() => OAuthConnection, { ref: true, nullable: true, deleteRule: 'set null', index: true })
  connection: Ref<OAuthConnection> | null = null;

  /** What deliveries are verified with; encrypted. */
  @Property({ type: 'text', nullable: true, lazy: true })
  secret: string | null = null;

  /** The one before, which still counts until then. */
  @Property({ type: 'text', nullable: true, lazy: true })
  previousSecret: string | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  previousSecretUntil: Date | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date> = new Date();

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  updatedAt: Opt<Date> = new Date();

  constructor(made: { user: User; workflow: Workflow; triggerType: string; mode: TriggerMode; config: JsonObject }) {
    this.user = ref(made.user);
    this.workflow = ref(made.workflow);
    this.triggerType = made.triggerType;
    this.mode = made.mode;
    this.config = made.config;
  }
}

const place = { table: 'trigger_subscription', row: `'sub_' || subscription_id`, owner: 'user_id::text' };

export const subscriptionSecrets: readonly EncryptedColumn[] = [
  { ...place, column: 'secret' },
  { ...place, column: 'previous_secret' },
];
