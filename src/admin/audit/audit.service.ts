import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { allOf, type Condition } from '../../common/database/conditions.js';
import { CursorCodec, type Position } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { parsePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { AuditEntryResponse, type AuditQuery, type AuditRow } from './audit.dto.js';

const columns = `entry_id, actor_kind, actor_id, actor_subject, actor_issuer, api_key_id, action, object_kind, object_id, owner_id,
  request_id, address, details, created_at`;

/** What was done, by whom: for administrators. */
@Injectable()
export class AuditService {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
  ) {}

  /** Newest first. @throws CursorInvalidError */
  list(caller: Principal, query: AuditQuery): Promise<Page<AuditEntryResponse>> {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'audit', filter },
      load: (count, position) => this.page(query, count, position),
      positionOf: (row) => [row.created_at, row.entry_id],
      toItem: (row) => AuditEntryResponse.from(row),
    });
  }

  private page(query: AuditQuery, count: number, position: Position | undefined): Promise<AuditRow[]> {
    const conditions = conditionsOf(query);
    if (position) conditions.push(['(created_at, entry_id) < (?, ?)', ...position]);
    const where = allOf(conditions);
    return this.em.execute<AuditRow[]>(
      `select ${columns} from audit_entry where ${where.sql} order by created_at desc, entry_id desc limit ?`,
      [...where.values, count],
    );
  }
}

function conditionsOf(query: AuditQuery): Condition[] {
  const { actor, owner, action, object, request_id: requestId, created_after: from, created_before: to } = query;
  const conditions: Condition[] = [];
  if (actor !== undefined) conditions.push(['actor_id = ?', parsePublicId('user', actor) ?? null]);
  if (owner !== undefined) conditions.push(['owner_id = ?', parsePublicId('user', owner) ?? null]);
  // The rule of the query lets no wildcards through.
  if (action?.endsWith('.')) conditions.push(['action like ?', `${action}%`]);
  else if (action !== undefined) conditions.push(['action = ?', action]);
  if (object !== undefined) conditions.push(['object_id = ?', object]);
  if (requestId !== undefined) conditions.push(['request_id = ?', requestId]);
  if (from !== undefined) conditions.push(['created_at >= ?', from]);
  if (to !== undefined) conditions.push(['created_at < ?', to]);
  return conditions;
}
