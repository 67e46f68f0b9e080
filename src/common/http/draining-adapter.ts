import { type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ExpressAdapter } from '@nestjs/platform-express';

/** After the work is done, a client that is slow to take its answer holds the stop up for this long at most. */
const LAST_ANSWERS_MS = 2_000;

/**
 * Express that can stop without dropping a request. Node's own `close` ends idle connections at once, also one on
 * which the next request is on its way: under load every stop costs a few requests (test/chaos/stop.chaos-spec.ts).
 */
export class DrainingAdapter extends ExpressAdapter {
  declare protected readonly httpServer: Server;
  private readonly answering = new Set<ServerResponse>();
  private gone: Promise<void> | undefined;
  /** When the last idle connection has had the time that clients were promised, by `performance.now()`. */
  private idleUntil = 0;

  override initHttpServer(...options: Parameters<ExpressAdapter['initHttpServer']>): void {
    super.initHttpServer(...options);
    this.httpServer.prependListener('request', (_request, response) => this.answer(response));
  }

  /**
   * From now on no connection is accepted: clients and load balancers go elsewhere. Those that are open are served until
   * they end: with their next answer, which says `Connection: close`, or when they were idle for as long as `Keep-Alive`
   * has promised. `close` waits for that.
   */
  drain(): void {
    if (this.gone) return;
    for (const response of this.answering) if (!response.headersSent) response.setHeader('Connection', 'close');
    this.gone = new Promise((resolve) => NetServer.prototype.close.call(this.httpServer, () => resolve()));
    this.idleUntil = performance.now() + this.httpServer.keepAliveTimeout + 1_000;
  }

  override async close(): Promise<void> {
    const patience = new AbortController();
    const left = Math.max(0, this.idleUntil - performance.now());
    const late = delay(left, undefined, { signal: patience.signal }).catch(() => {});
    if (this.gone) await Promise.race([this.gone, late]);
    patience.abort();
    const slow = setTimeout(() => this.httpServer.closeAllConnections(), LAST_ANSWERS_MS);
    await super.close();
    clearTimeout(slow);
  }

  private answer(response: ServerResponse): void {
    if (this.gone) response.setHeader('Connection', 'close');
    this.answering.add(response);
    response.once('close', () => this.answering.delete(response));
  }
}
