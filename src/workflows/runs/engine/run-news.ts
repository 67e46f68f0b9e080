import { Injectable } from '@nestjs/common';

/** Tells those who wait in this process that something happened to a run; the table is the truth, this is a hint. */
@Injectable()
export class RunNews {
  private readonly waiting = new Map<string, Set<() => void>>();
  /** The process stops: nothing that is still queued will end here, and waiting for it would hold the stop up. */
  closed = false;

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
    const listeners = this.waiting.get(runId);
    if (listeners) for (const listener of listeners) listener();
  }

  /** Resolves when something of this run is announced, after `timeout` milliseconds, or when the signal aborts. */
  next(runId: string, timeout: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const listeners = this.waiting.get(runId) ?? new Set();
      this.waiting.set(runId, listeners);
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        listeners.delete(done);
        if (listeners.size === 0) this.waiting.delete(runId);
        resolve();
      };
      const timer = setTimeout(done, timeout);
      listeners.add(done);
      if (signal?.aborted) done();
      else signal?.addEventListener('abort', done);
    });
  }
}
