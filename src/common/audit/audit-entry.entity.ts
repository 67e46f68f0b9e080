import { type Opt } from '@mikro-orm/core';
import { Entity, Enum, Index, PrimaryKey, Property, Trigger } from '@mikro-orm/decorators/legacy';
import { type JsonObject } from '../json.js';

/**
 * `user`: somebody who is signed in. `visitor`: whoever opened a public link. `run`: a run, for its owner. `cli`: a command
 * of an operator. `system`: Seer by itself.
 */
export type AuditActorKind = 'user' | 'visitor' | 'run' | 'cli' | 'system';
export const auditActorKinds: AuditActorKind[] = ['user', 'visitor', 'run', 'cli', 'system'];

/** Entries younger than this can't be deleted by anybody. */
const KEPT_AT_LEAST = `interval '30 days'`;

const refuse = `raise exception 'the audit is append-only: % is refused', tg_op using errcode = 'insufficient_privilege'`;

/** A list with a filter is read from one end of its index, newest first. */
const newestFirst = ['createdAt', 'entryId'] as const;

/**
 * What somebody did. Written by `Audit`, and by the group committer for what runs use; never changed. It names users and
 * things without foreign keys, because it outlives them. The migration guards TRUNCATE as well: MikroORM does not see it.
 */
@Entity()
@Trigger({ name: 'never_changed', timing: 'before', events: ['update'], forEach: 'statement', body: refuse })
@Trigger({
  name: 'kept',
  timing: 'before',
  events: ['delete'],
  forEach: 'row',
  body:
    `if current_setting('seer.audit_prune', true) = 'on' and old.created_at < now() - ${KEPT_AT_LEAST} then ` +
    `return old; end if; ${refuse}`,
})
@Index({ name: 'audit_entry_time', properties: [...newestFirst] })
@Index({ name: 'audit_entry_of_actor', properties: ['actorId', ...newestFirst] })
@Index({ name: 'audit_entry_of_owner', properties: ['ownerId', ...newestFirst] })
@Index({ name: 'audit_entry_of_object', properties: ['objectId', ...newestFirst] })
@Index({ name: 'audit_entry_of_request', properties: ['requestId', ...newestFirst] })
@Index({
  name: 'audit_entry_of_action',
  expression:
    'create index "audit_entry_of_action" on "audit_entry" ("action" text_pattern_ops, "created_at", "entry_id")',
})
export class AuditEntry {
  /** The uuid of its public id, `aud_<uuid>`. */
  @PrimaryKey({ type: 'uuid' })
  entryId: string;

  @Enum({ items: () => auditActorKinds })
  actorKind: AuditActorKind;

  /** The uuid of the user's public id. Of a run: whose it is. */
  @Property({ type: 'uuid', nullable: true })
  actorId: string | null;

  /** What the identity provider calls them. */
  @Property({ type: 'text', nullable: true })
  actorSubject: string | null;

  @Property({ type: 'text', nullable: true })
  actorIssuer: string | null;

  /** The uuid of the API key that was used; null for a JWT. */
  @Property({ type: 'uuid', nullable: true })
  apiKeyId: string | null;

  /** Stable, such as `workflow.published`. */
  @Property({ type: 'text' })
  action: string;

  /** Such as `workflow`. */
  @Property({ type: 'text', nullable: true })
  objectKind: string | null;

  /** Its public id. */
  @Property({ type: 'text', nullable: true })
  objectId: string | null;

  /** Whose data it is: the uuid of the user's public id. */
  @Property({ type: 'uuid', nullable: true })
  ownerId: string | null;

  @Property({ type: 'text', nullable: true })
  requestId: string | null;

  /** Of the client, as the server sees it. */
  @Property({ type: 'text', nullable: true })
  address: string | null;

  /** Small, and never a secret. */
  @Property({ type: 'json', columnType: 'json' })
  details: JsonObject;

  /** By the clock of the database: when the transaction began that it tells of. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;
}
