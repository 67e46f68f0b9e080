import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page, type PageQuery } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { AccessNews } from '../auth/access-news.js';
import { type Principal } from '../auth/principal.js';
import { type ScopeName } from '../auth/scopes.js';
import { User } from '../user.entity.js';
import { makeApiKeySecret } from './api-key-secret.js';
import { ApiKeyResponse } from './api-key.dto.js';
import { ApiKey } from './api-key.entity.js';
import {
  ApiKeyExpiryInPastError,
  ApiKeyLimitReachedError,
  ApiKeyNotFoundError,
  ScopeNotHeldError,
} from './api-key.errors.js';

/** Most keys of one user that are neither revoked nor expired. */
const MAX_LIVE_KEYS = 100;

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly em: EntityManager,
    private readonly news: AccessNews,
    private readonly cursors: CursorCodec,
    private readonly audit: Audit,
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
    const expiresAt = wanted.expires_at ? futureDate(wanted.expires_at) : null;
    const secret = makeApiKeySecret();
    const key = await this.em.transactional(async (em) => {
      await refuseMoreKeysThanAllowed(em, caller.userId);
      const user = em.getReference(User, caller.userId);
      const made = new ApiKey({ user, name: wanted.name, scopes: wanted.scopes, secret, expiresAt });
      await em.persist(made).flush();
      await this.audit.record(em, {
        action: 'api-key.created',
        object: objectOf(made),
        details: { name: made.name, scopes: made.scopes, expires_at: expiresAt?.toISOString() ?? null },
      });
      return made;
    });
    return { key, secret };
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
    const keyId = parsePublicId('apiKey', publicId);
    if (!keyId) throw new ApiKeyNotFoundError(publicId);
    const key = await this.em.transactional(async (em) => {
      const found = await em.findOne(ApiKey, { keyId, user: caller.userId });
      if (!found) throw new ApiKeyNotFoundError(publicId);
      if (found.revokedAt === null) {
        found.revokedAt = new Date();
        await this.audit.record(em, {
          action: 'api-key.revoked',
          object: objectOf(found),
          details: { name: found.name },
        });
      }
      await this.news.announce(em, { keyHash: found.keyHash });
      return found;
    });
    this.news.apply({ keyHash: key.keyHash });
  }
}

function objectOf({ keyId }: ApiKey) {
  return makePublicId('apiKey', keyId);
}

function futureDate(text: string): Date {
  const date = new Date(text);
  // Written so that it refuses an invalid date too: second 60 is RFC 3339, but no Date.
  if (!(date.getTime() > Date.now())) throw new ApiKeyExpiryInPastError(text);
  return date;
}

/**
 * Counts under a lock on the user, so that requests which come in together can't each see one place left. `no key
 * update` lets through the inserts that only refer to the user, such as those of their runs.
 */
async function refuseMoreKeysThanAllowed(em: EntityManager, userId: string): Promise<void> {
  await em.execute('select from "user" where id = ? for no key update', [userId]);
  const [{ live }] = await em.execute<[{ live: number }]>(
    `select count(*)::int as live from api_key
      where user_id = ? and revoked_at is null and (expires_at is null or expires_at > now())`,
    [userId],
  );
  if (live >= MAX_LIVE_KEYS) throw new ApiKeyLimitReachedError(MAX_LIVE_KEYS);
}
