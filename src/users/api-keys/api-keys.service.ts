import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page, type PageQuery } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { AccessNews } from '../auth/access-news.js';
import { type Principal } from '../auth/principal.js';
import { type ScopeName } from '../auth/scopes.js';
import { issueApiKey, revokeApiKey } from './api-key-changes.js';
import { ApiKeyResponse } from './api-key.dto.js';
import { ApiKey } from './api-key.entity.js';
import { ScopeNotHeldError } from './api-key.errors.js';

@Injectable()
export class ApiKeysService {
  constructor(
    readonly em: EntityManager,
    private readonly news: AccessNews,
    private readonly cursors: CursorCodec,
    readonly audit: Audit,
  ) {}

  /**
   * Makes a key of the caller; the secret is not kept anywhere.
   * @throws ScopeNotHeldError for a scope that the caller does not have.
   * @throws ApiKeyExpiryInPastError
   * @throws ApiKeyLimitReachedError
   */
  async create(
    caller: Principal,
    wanted: { name: string; scopes: ScopeName[]; expires_at?: string | null },
  ): Promise<{ key: ApiKey; secret: string }> {
    const missing = wanted.scopes.filter((scope) => !caller.scopes.has(scope));
    if (missing.length > 0) throw new ScopeNotHeldError(missing);
    return issueApiKey(this, caller.userId, wanted);
  }

  /**
   * The caller's keys, newest first (their ids rise with time), revoked and expired ones too.
   * @throws CursorInvalidError
   */
  list(caller: Principal, query: PageQuery): Promise<Page<ApiKeyResponse>> {
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: 'api-keys' },
      load: (count, position) =>
        this.em.find(
          ApiKey,
          { user: caller.userId, ...(position && { keyId: { $lt: String(position[0]) } }) },
          { orderBy: { keyId: 'desc' }, limit: count },
        ),
      positionOf: (key) => [key.keyId],
      toItem: (key) => ApiKeyResponse.from(key),
    });
  }

  /**
   * Revokes a key of the caller; a second time changes nothing. The key is refused from the next request on: in this
   * process when this resolves, in others as soon as they hear of it.
   * @throws ApiKeyNotFoundError when the caller has no such key.
   */
  async revoke(caller: Principal, publicId: string): Promise<void> {
    const key = await revokeApiKey(this, publicId, { user: caller.userId });
    this.news.apply({ keyHash: key.keyHash });
  }
}
