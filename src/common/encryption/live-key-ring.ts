import { setTimeout as delay } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { NotificationListener } from '../database/notification-listener.js';
import { outsideOfRequests } from '../http/current-request.js';
import { Database } from '../database/open-database.js';
import { EncryptionKeysUnavailableError } from './encryption.errors.js';
import { hasKeys, type KeyRing, prepareKeys, readKeyRing } from './key-ring.js';
import { KEYS_CHANGED_CHANNEL } from './key-store.js';
import type { MasterKeyProvider } from './master-key/master-key-provider.js';
import { type KeyTiming, keyTiming } from './timing.js';

/** Least pause between two looks that unknown key ids cause, in milliseconds: a broken row must not flood the database. */
const RELOAD_PAUSE_MS = 500;

/**
 * The keys of this process, as the database had them a moment ago. Changes are announced to it, and it looks by itself
 * every few seconds, so that a lost announcement is of no consequence.
 */
@Injectable()
export class LiveKeyRing implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LiveKeyRing.name);
  private readonly announcements: NotificationListener;
  private readonly stopping = new AbortController();
  private readonly timing: KeyTiming;
  private opened: MasterKeyProvider;
  private ring: KeyRing;
  /** Begin of the look that `ring` comes from, and of the last one, by the monotonic clock. */
  private readAtMs = 0;
  private lookedAtMs = 0;
  /** The look that has not begun yet, if somebody waits for one. */
  private next: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly em: EntityManager,
    private readonly environment: Environment,
    database: Database,
  ) {
    this.timing = keyTiming(environment.keyPollMs);
    this.announcements = new NotificationListener({
      url: database.url,
      channel: KEYS_CHANGED_CHANNEL,
      onNotification: () => void this.reload().catch(() => {}),
      onLost: () => {},
    });
  }

  /** @throws EncryptionUnavailableError, which stops the start, when the master key is missing or wrong. */
  async onModuleInit(): Promise<void> {
    // An observer makes no keys: before the first start there are none, and nothing that they could have encrypted.
    if (this.environment.isObserver && !(await hasKeys(this.em.fork()))) return;
    this.opened = await prepareKeys(this.em.fork(), this.environment);
    await this.read();
    await this.announcements.start();
    void this.poll();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.announcements.stop();
    // Else a look that is under way would outlive the connections.
    await (this.next ?? this.last).catch(() => {});
  }

  /** Wraps and unwraps the data keys. */
  get master(): MasterKeyProvider {
    return this.opened;
  }

  get current(): KeyRing {
    return this.ring;
  }

  /**
   * The ring to encrypt with.
   * @throws EncryptionKeysUnavailableError when it is so old that its primary key may have been replaced and retired.
   */
  get fresh(): KeyRing {
    if (performance.now() - this.readAtMs > this.timing.staleMs) throw new EncryptionKeysUnavailableError();
    return this.ring;
  }

  /**
   * Looks at once if the last look was longer ago than it should be: a process that got no time to look, because it was
   * frozen or starved, need not refuse what it is asked first. Whether the ring is fresh then, `fresh` says.
   */
  async catchUp(): Promise<void> {
    if (performance.now() - this.readAtMs > this.timing.lateMs) await this.reload().catch(() => {});
  }

  /**
   * Resolves when the ring was read by a look that began after this call. Callers share looks, which keep a distance.
   * @throws EncryptionKeysUnavailableError when the database or the master key cannot be reached.
   */
  reload(): Promise<void> {
    this.next ??= this.last
      .catch(() => {})
      .then(() => this.pause())
      .then(() => {
        this.last = this.next!;
        this.next = undefined;
        return this.read();
      })
      .catch((cause: unknown) => {
        throw new EncryptionKeysUnavailableError({ cause });
      });
    return this.next;
  }

  private pause(): Promise<unknown> | undefined {
    const ms = this.lookedAtMs + RELOAD_PAUSE_MS - performance.now();
    return ms > 0 ? delay(ms) : undefined;
  }

  private async read(): Promise<void> {
    const begin = performance.now();
    this.lookedAtMs = begin;
    // A request may be what finds it late, and the keys are none of its user's.
    this.ring = await outsideOfRequests(() => readKeyRing(this.em.fork(), this.opened, this.ring));
    this.readAtMs = begin;
  }

  private async poll(): Promise<void> {
    const { signal } = this.stopping;
    let failing = false;
    for (;;) {
      await delay(this.timing.pollMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.reload();
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted) this.logger.warn({ err: error }, 'The encryption keys could not be read');
        failing = true;
      }
    }
  }
}
