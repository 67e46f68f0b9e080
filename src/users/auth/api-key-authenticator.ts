import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../common/database/open-database.js';
import { hashApiKey } from '../api-keys/api-key-secret.js';
import { type UserRole } from '../user.entity.js';
import { CredentialsInvalidError } from './auth.errors.js';
import { ExpiringCache } from './expiring-cache.js';
import { NotificationListener } from '../../common/database/notification-listener.js';
import { type Principal } from './principal.js';
import { type ScopeName, usableScopes } from './scopes.js';

/** Longest time a process may go on with what it knows of a key, should a revocation not reach it, in milliseconds. */
const CACHE_TTL_MS = 5_000;
const CACHE_CAPACITY = 5_000;
/** `last_used_at` is exact to this, in milliseconds: a write for each request would cost more than the request. */
const LAST_USED_PRECISION_MS = 60_000;
const REVOCATION_CHANNEL = 'api_key_revoked';

/** An API key that is not revoked, as the database knew it a moment ago. */
interface LiveKey {
  readonly id: string;
  readonly expiresAtMs: number;
  readonly principal: Principal;
  lastUsedAtMs: number;
}

/**
 * Finds whose API key a secret is. The answer is cached, because a query for each request takes a sixth of the
 * throughput. A revocation is announced to all processes, which then forget the key; one that can't hear
 * announcements at the moment asks the database each time.
 */
@Injectable()
export class ApiKeyAuthenticator implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ApiKeyAuthenticator.name);
  private readonly cache = new ExpiringCache<LiveKey>({ capacity: CACHE_CAPACITY, ttlMs: CACHE_TTL_MS });
  private readonly revocations: NotificationListener;

  constructor(
    private readonly em: EntityManager,
    database: Database,
  ) {
    this.revocations = new NotificationListener({
      url: database.url,
      channel: REVOCATION_CHANNEL,
      onNotification: (keyHash) => this.cache.delete(keyHash),
      onLost: () => this.cache.clear(),
    });
  }

  onModuleInit(): Promise<void> {
    return this.revocations.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.revocations.stop();
  }

  /** @throws CredentialsInvalidError when the key is unknown, revoked or expired. */
  async authenticate(secret: string): Promise<Principal> {
    const keyHash = hashApiKey(secret);
    const key = this.revocations.listening
      ? await this.cache.getOrLoad(keyHash, () => this.load(keyHash))
      : await this.load(keyHash);
    if (!key || key.expiresAtMs <= Date.now()) throw new CredentialsInvalidError();
    this.noteUse(key);
    return key.principal;
  }

  /** Tells every process to forget a key; they hear it when the transaction of `em` commits. */
  async announceRevocation(em: EntityManager, keyHash: string): Promise<void> {
    await em.execute('select pg_notify(?, ?)', [REVOCATION_CHANNEL, keyHash]);
  }

  /** Forgets a key in this process at once, without waiting for its own announcement to come back. */
  forget(keyHash: string): void {
    this.cache.delete(keyHash);
  }

  private async load(keyHash: string): Promise<LiveKey | undefined> {
    const [row] = await this.em.execute<KeyRow[]>(findLiveKey, [keyHash]);
    return (
      row && {
        id: row.id,
        expiresAtMs: row.expires_at_ms ?? Infinity,
        lastUsedAtMs: row.last_used_at_ms ?? 0,
        principal: { userId: row.user_id, role: row.role, scopes: usableScopes(row.scopes, row.role), via: 'api-key' },
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
  user_id: string;
  role: UserRole;
  scopes: ScopeName[];
  expires_at_ms: number | null;
  last_used_at_ms: number | null;
}

const findLiveKey = `
  select k.id, k.user_id, u.role, k.scopes,
         (extract(epoch from k.expires_at) * 1000)::float8 as expires_at_ms,
         (extract(epoch from k.last_used_at) * 1000)::float8 as last_used_at_ms
    from api_key k join "user" u on u.id = k.user_id
   where k.key_hash = ? and k.revoked_at is null and u.identity_gone_at is null`;

const noteUseOfKey = `
  update api_key set last_used_at = now()
   where id = ? and (last_used_at is null or last_used_at < now() - ? * interval '1 millisecond')`;
