import { Injectable } from '@nestjs/common';

/** What was heard: that something happened, that a model said something, that others look now, or nothing at all. */
export type News = 'news' | 'text' | 'look' | 'nothing';

/** Tells those who wait in this process that something happened to a run; the table is the truth, this is a hint. */
@Injectable()
export class RunNews {
  private readonly waiting = new Map<string, Set<(what: News) => void>>();
  /** The process stops: nothing that is still queued will end here, and waiting for it would hold the stop up. */
  closed = false;

  /** How often something was announced: what was read before that may be old. */
  heard = 0;

  private readonly whenClosed: (() => void)[] = [];

  onClose(listener: () => void): void {
    this.whenClosed.push(listener);
  }

  /** Lets everybody who waits go. */
  close(): void {
    this.closed = true;
    for (const listener of this.whenClosed) listener();
    for (const runId of this.waiting.keys()) this.announce(runId);
  }

  announce(runId: string): void {
    this.heard++;
    this.wake(runId, 'news');
  }

  /** A model of the run has said something: nothing that the table would show. */
  announceText(runId: string): void {
    this.wake(runId, 'text');
  }

  /** Somebody looks at the run now: those who wait may look with them. */
  announceLook(runId: string): void {
    this.wake(runId, 'look');
  }

  /** Resolves when something of this run is announced, after `timeout` milliseconds, or when the signal aborts. */
  next(runId: string, timeout: number, signal?: AbortSignal): Promise<News> {
    return new Promise((resolve) => {
      const listeners = this.waiting.get(runId) ?? new Set();
      this.waiting.set(runId, listeners);
      const done = (what: News): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', gone);
        listeners.delete(done);
        if (listeners.size === 0) this.waiting.delete(runId);
        resolve(what);
      };
      const gone = (): void => done('nothing');
      const timer = setTimeout(gone, timeout);
      listeners.add(done);
      if (signal?.aborted) gone();
      else signal?.addEventListener('abort', gone);
    });
  }

  private wake(runId: string, what: News): void {
    const listeners = this.waiting.get(runId);
    if (listeners) for (const listener of listeners) listener(what);
  }
}
