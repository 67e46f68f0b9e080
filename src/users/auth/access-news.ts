import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { NotificationListener } from '../../common/database/notification-listener.js';
import { Database } from '../../common/database/open-database.js';

const CHANNEL = 'access_changed';

/** What may be known no longer: an API key by its hash, or whatever is known of users. */
export type AccessChange = { readonly keyHash: string } | 'users';

/**
 * Tells all processes that an API key was revoked, or that a user may do less than before, so that they forget what they
 * have cached. A process that can't hear of it at the moment must not cache.
 */
@Injectable()
export class AccessNews implements OnModuleInit, OnModuleDestroy {
  private readonly listener: NotificationListener;
  private readonly forgetters: ((change: AccessChange) => void)[] = [];

  constructor(database: Database) {
    this.listener = new NotificationListener({
      url: database.url,
      channel: CHANNEL,
      onNotification: (payload) => this.apply(payload === 'users' ? payload : { keyHash: payload }),
      onLost: () => this.apply('users'),
    });
  }

  /** Whether changes are heard at the moment. */
  get listening(): boolean {
    return this.listener.listening;
  }

  onModuleInit(): Promise<void> {
    return this.listener.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.listener.stop();
  }

  onChange(forget: (change: AccessChange) => void): void {
    this.forgetters.push(forget);
  }

  /** Tells every process; they hear it when the transaction of `em` commits. */
  announce(em: SqlEntityManager, change: AccessChange): Promise<void> {
    return announceAccessChange(em, change);
  }

  /** Forgets in this process at once, without waiting for its own announcement to come back. */
  apply(change: AccessChange): void {
    for (const forget of this.forgetters) forget(change);
  }
}

/** Tells every process, from one that has none of the application; they hear it when the transaction of `em` commits. */
export async function announceAccessChange(em: SqlEntityManager, change: AccessChange): Promise<void> {
  await em.execute('select pg_notify(?, ?)', [CHANNEL, change === 'users' ? change : change.keyHash]);
}
