import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { NotificationListener } from '../../../common/database/notification-listener.js';
import { Database } from '../../../common/database/open-database.js';
import { RunHoldings } from './run-holdings.js';
import { RunCancelledError } from './run-lost.error.js';
import { RunNews } from './run-news.js';

const CHANNEL = 'seer_run';

/** What processes tell each other about runs. */
type Broadcast =
  | 'queued'
  | `ended ${string}`
  | `cancelled ${string}`
  /** Run and process: what its models say is wanted there. */
  | `listening ${string} ${string}`
  /** Run, process, and a piece of what a model says, as JSON. */
  | `delta ${string} ${string} ${string}`;

/**
 * Tells all processes by NOTIFY what concerns them: that a run waits for a slot, is over, or was cancelled. Hints that may
 * be lost: each is found out by a slow look at the table as well.
 */
@Injectable()
export class RunBroadcasts implements OnModuleInit, OnModuleDestroy {
  private readonly listener: NotificationListener;
  private readonly whenQueued: (() => void)[] = [];
  private readonly whenCancelled: (() => void)[] = [];
  private readonly whenListening: ((runId: string, process: string) => void)[] = [];
  private readonly whenDelta: ((runId: string, process: string, piece: string) => void)[] = [];
  private pending = new Set<Broadcast>();
  private sending = false;

  constructor(
    private readonly em: EntityManager,
    private readonly holdings: RunHoldings,
    private readonly news: RunNews,
    database: Database,
  ) {
    this.listener = new NotificationListener({
      url: database.url,
      channel: CHANNEL,
      onNotification: (payload) => this.hear(payload),
      onLost: () => {},
    });
  }

  onModuleInit(): Promise<void> {
    return this.listener.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.listener.stop();
  }

  onQueued(listener: () => void): void {
    this.whenQueued.push(listener);
  }

  onCancelled(listener: () => void): void {
    this.whenCancelled.push(listener);
  }

  onListening(listener: (runId: string, process: string) => void): void {
    this.whenListening.push(listener);
  }

  onDelta(listener: (runId: string, process: string, piece: string) => void): void {
    this.whenDelta.push(listener);
  }

  /** Sent soon, together with others; not awaited. */
  tell(broadcast: Broadcast): void {
    this.pending.add(broadcast);
    if (!this.sending) void this.send();
  }

  /** These runs (uuids) were cancelled: they stop at once, wherever they are executed. */
  cancelled(runIds: readonly string[]): void {
    for (const runId of runIds) {
      this.holdings.stop(runId, new RunCancelledError());
      this.news.announce(runId);
      this.tell(`cancelled ${runId}`);
    }
  }

  private async send(): Promise<void> {
    this.sending = true;
    while (this.pending.size > 0) {
      const broadcasts = [...this.pending];
      this.pending = new Set();
      await this.em
        .fork()
        .execute('select pg_notify(?, broadcast) from json_array_elements_text(?::json) as broadcast', [
          CHANNEL,
          JSON.stringify(broadcasts),
        ])
        .catch(() => {});
    }
    this.sending = false;
  }

  private hear(payload: string): void {
    const [what, runId = '', process = ''] = payload.split(' ', 3);
    if (what === 'queued') for (const listener of this.whenQueued) listener();
    if (what === 'cancelled') {
      this.holdings.stop(runId, new RunCancelledError());
      for (const listener of this.whenCancelled) listener();
    }
    if (what === 'listening') for (const listener of this.whenListening) listener(runId, process);
    if (what === 'delta') {
      const piece = payload.slice(`delta ${runId} ${process} `.length);
      for (const listener of this.whenDelta) listener(runId, process, piece);
    }
    if (what === 'cancelled' || what === 'ended') this.news.announce(runId);
  }
}
