import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { type Request } from 'express';
import { currentRequest } from '../http/current-request.js';
import { requestIdOf } from '../http/request-id.js';
import { type JsonObject } from '../json.js';
import { kindOfPublicId, newUuid } from '../public-id.js';
import { makeStorable } from '../storable-text.js';
import { type AuditActorKind } from './audit-entry.entity.js';

/** A user who did something. uuids. */
export interface AuditUser {
  readonly publicId: string;
  readonly subject: string;
  readonly issuer: string;
  /** The API key that they used; null for a JWT. */
  readonly apiKeyId: string | null;
}

/** Something that was done. */
export interface AuditFact {
  /** Stable and dotted: the kind of thing, then what happened to it, such as `workflow.published`. */
  readonly action: string;
  /** What it was done to: its public id. */
  readonly object?: string | undefined;
  /** Whose data it is, as the uuid of their public id: left out, it is that of whoever does it; null, nobody's. */
  readonly owner?: string | null;
  /** Who does it, where the request does not tell: somebody who is just signing in. */
  readonly by?: AuditUser;
  /** Small, and never a secret. */
  readonly details?: JsonObject;
}

/** DI token of the {@link AuditSource}. */
export const AUDIT_SOURCE = Symbol('audit source');

/** Where facts come from. */
export interface AuditSource {
  /** Who makes a request; undefined: whoever opened a public link. */
  readonly userOf: (request: Request) => AuditUser | undefined;
  /** What works when there is no request. */
  readonly otherwise: Extract<AuditActorKind, 'cli' | 'system'>;
}

const insert = `
  insert into audit_entry (entry_id, actor_kind, actor_id, actor_subject, actor_issuer, api_key_id, action, object_kind,
    object_id, owner_id, request_id, address, details)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::json)`;

/** Writes down what is done. */
@Injectable()
export class Audit {
  constructor(@Inject(AUDIT_SOURCE) private readonly source: AuditSource) {}

  /**
   * Records a fact, with who does it in which request.
   * @param em of the transaction that does it: both happen, or neither
   */
  async record(em: SqlEntityManager, { action, object, owner, by, details = {} }: AuditFact): Promise<void> {
    const request = currentRequest();
    const user = by ?? (request && this.source.userOf(request));
    await em.execute(insert, [
      newUuid(),
      user ? 'user' : request ? 'visitor' : this.source.otherwise,
      user?.publicId ?? null,
      user?.subject ?? null,
      user?.issuer ?? null,
      user?.apiKeyId ?? null,
      action,
      (object !== undefined && kindOfPublicId(object)) || null,
      object ?? null,
      owner === undefined ? (user?.publicId ?? null) : owner,
      request ? requestIdOf(request) : null,
      request?.ip ?? null,
      makeStorable(JSON.stringify(details)),
    ]);
  }
}
