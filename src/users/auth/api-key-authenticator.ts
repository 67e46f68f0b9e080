import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { hashApiKey } from '../api-keys/api-key-secret.js';
import { type UserRole } from '../user.entity.js';
import { AccessNews } from './access-news.js';
import { CredentialsInvalidError } from './auth.errors.js';
import { ExpiringCache } from './expiring-cache.js';
import { type Principal } from './principal.js';
import { type ScopeName, usableScopes } from './scopes.js';

/** Longest time a process may go on with what it knows of a key, should a revocation not reach it, in milliseconds. */
const CACHE_TTL_MS = 5_000;
const CACHE_CAPACITY = 5_000;
/** `last_used_at` is exact to this, in milliseconds: a write for each request would cost more than the request. */
const LAST_USED_PRECISION_MS = 60_000;

/** An API key that is not revoked, of a user who is active, as the database knew it a moment ago. */
interface LiveKey {
  readonly id: string;
  readonly principal: Principal;
  lastUsedAtMs: number;
}

/**
 * Finds whose API key a secret is. The answer is cached, because a query for each request takes a sixth of the
 * throughput. What ends it is announced to all processes (access-news.ts), which then forget it; one that can't hear
 * announcements at the moment asks the database each time.
 */
@Injectable()
export class ApiKeyAuthenticator {
  private readonly logger = new Logger(ApiKeyAuthenticator.name);
  private readonly cache = new ExpiringCache<LiveKey>({ capacity: CACHE_CAPACITY, ttlMs: CACHE_TTL_MS });

  constructor(
    private readonly em: EntityManager,
    private readonly news: AccessNews,
  ) {
    news.onChange((change) => (change === 'users' ? this.cache.clear() : this.cache.delete(change.keyHash)));
  }

  /** @throws CredentialsInvalidError when the key is unknown, revoked or expired, or its user deactivated. */
  async authenticate(secret: string): Promise<Principal> {
    const keyHash = hashApiKey(secret);
    const key = this.news.listening
      ? await this.cache.getOrLoad(keyHash, () => this.load(keyHash))
      : await this.load(keyHash);
    if (!key || key.principal.expiresAt <= Date.now()) throw new CredentialsInvalidError();
    this.noteUse(key);
    return key.principal;
  }

  private async load(keyHash: string): Promise<LiveKey | undefined> {
    const [row] = await this.em.execute<KeyRow[]>(findLiveKey, [keyHash]);
    return (
      row && {
        id: row.id,
        lastUsedAtMs: row.last_used_at_ms ?? 0,
        principal: {
          userId: row.user_id,
          publicId: row.public_id,
          subject: row.subject,
          issuer: row.issuer,
          role: row.role,
          scopes: usableScopes(row.scopes, row.role),
          apiKeyId: row.key_id,
          expiresAt: row.expires_at_ms ?? Infinity,
        },
      }
    );
  }

  /** Not awaited: the request does not depend on it. The condition keeps several processes from writing at once. */
  private noteUse(key: LiveKey): void {
    const now = Date.now();
    if (now - key.lastUsedAtMs < LAST_USED_PRECISION_MS) return;
    key.lastUsedAtMs = now;
    this.em
      .fork()
      .execute(noteUseOfKey, [key.id, LAST_USED_PRECISION_MS])
      .catch((error: unknown) => this.logger.warn({ err: error }, `last_used_at of API key ${key.id} was not written`));
  }
}

interface KeyRow {
  id: string;
  key_id: string;
  user_id: string;
  public_id: string;
  subject: string;
  issuer: string;
  role: UserRole;
  scopes: ScopeName[];
  expires_at_ms: number | null;
  last_used_at_ms: number | null;
}

const findLiveKey = `
  select k.id, k.key_id, k.user_id, u.public_id, u.user_id as subject, u.issuer, u.role, k.scopes,
         (extract(epoch from k.expires_at) * 1000)::float8 as expires_at_ms,
         (extract(epoch from k.last_used_at) * 1000)::float8 as last_used_at_ms
    from api_key k join "user" u on u.id = k.user_id
   where k.key_hash = ? and k.revoked_at is null and u.deactivated_at is null`;

const noteUseOfKey = `
  update api_key set last_used_at = now()
   where id = ? and (last_used_at is null or last_used_at < now() - ? * interval '1 millisecond')`;
