import { ApiProperty } from '@nestjs/swagger';
import { IsISO8601, IsString, Matches } from 'class-validator';
import { type AuditActorKind, auditActorKinds } from '../../common/audit/audit-entry.entity.js';
import { dateOf } from '../../common/database/sql-date.js';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type JsonObject } from '../../common/json.js';
import { type IdKind, makePublicId } from '../../common/public-id.js';

const userId = { message: 'must be the id of a user, such as usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b' };

export class AuditQuery extends PageQuery {
  /** What this user did, or a run of theirs. @example usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @Matches(/^usr_[0-9a-f-]{36}$/, userId)
  actor?: string;

  /** What was done to what is this user's. @example usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @Matches(/^usr_[0-9a-f-]{36}$/, userId)
  owner?: string;

  /** This action; with a dot at its end, all that begin so. @example workflow. */
  @Optional()
  @IsString()
  @Matches(/^[a-z-]{1,40}\.[A-Za-z-]{0,60}$/, {
    message: 'action must be one such as workflow.published, or workflow.',
  })
  action?: string;

  /** What was done to this thing. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @Matches(/^[a-z]{2,4}_[0-9a-f-]{36}$/, { message: 'object must be a public id' })
  object?: string;

  /** What was done in this request. @example 8e03978e-40d5-43dd-bc93-6894a57f9324 */
  @Optional()
  @Matches(/^[\w.:-]{1,128}$/, { message: 'request_id must be an X-Request-Id' })
  request_id?: string;

  /** At or after this moment. @example 2026-11-24T00:00:00Z */
  @Optional()
  @IsISO8601({ strict: true })
  created_after?: string;

  /** Before this moment. @example 2026-11-25T00:00:00Z */
  @Optional()
  @IsISO8601({ strict: true })
  created_before?: string;
}

/** A row of `audit_entry`, as raw SQL gives it. */
export interface AuditRow {
  entry_id: string;
  actor_kind: AuditActorKind;
  actor_id: string | null;
  actor_subject: string | null;
  actor_issuer: string | null;
  api_key_id: string | null;
  action: string;
  object_kind: IdKind | null;
  object_id: string | null;
  owner_id: string | null;
  request_id: string | null;
  address: string | null;
  details: JsonObject;
  created_at: string;
}

export class AuditActorResponse {
  /**
   * `user`: somebody who was signed in. `visitor`: whoever opened a public link. `run`: a run, for its owner. `cli`: a command
   * of an operator. `system`: Seer by itself.
   */
  @ApiProperty({ enum: auditActorKinds })
  kind: AuditActorKind;
  /** The user, who may be deleted by now; of a run, its owner. @example usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  id: string | null;
  /** Their subject at the identity provider. @example user_2abc */
  subject: string | null;
  /** @example https://id.example.com */
  issuer: string | null;
  /** The API key that was used; null for a JWT. @example key_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  key_id: string | null;
}

/** What somebody did. */
export class AuditEntryResponse {
  /** @example aud_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  entry_id: string;
  actor: AuditActorResponse;
  /** @example workflow.published */
  action: string;
  /** @example workflow */
  object_kind: string | null;
  /** What it was done to. @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  object_id: string | null;
  /** Whose data it is; null: nobody's. @example usr_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  owner_id: string | null;
  /** Null: it was done in no request. @example 8e03978e-40d5-43dd-bc93-6894a57f9324 */
  request_id: string | null;
  /** Of the client, as the server sees it: behind a proxy, that of the proxy. @example 203.0.113.7 */
  address: string | null;
  /** A few words more, never a secret. @example {"version_number":3} */
  @ApiProperty({ type: 'object', additionalProperties: true })
  details: JsonObject;
  created_at: Date;

  static from(row: AuditRow): AuditEntryResponse {
    return Object.assign(new AuditEntryResponse(), {
      entry_id: makePublicId('auditEntry', row.entry_id),
      actor: {
        kind: row.actor_kind,
        id: row.actor_id && makePublicId('user', row.actor_id),
        subject: row.actor_subject,
        issuer: row.actor_issuer,
        key_id: row.api_key_id && makePublicId('apiKey', row.api_key_id),
      },
      action: row.action,
      object_kind: row.object_kind,
      object_id: row.object_id,
      owner_id: row.owner_id && makePublicId('user', row.owner_id),
      request_id: row.request_id,
      address: row.address,
      details: row.details,
      created_at: dateOf(row.created_at),
    } satisfies AuditEntryResponse);
  }
}

export class AuditPage extends PageOf(AuditEntryResponse) {}
