import { Injectable } from '@nestjs/common';

/** Tells those who wait in this process that something happened to a run; the table is the truth, this is a hint. */
@Injectable()
export class RunNews {
  private readonly waiting = new Map<string, Set<() => void>>();
  /** The process stops: nothing that is still queued will end here, and waiting for it would hold the stop up. */
  closed = false;

  /** Lets everybody who waits go. */
  close(): void {
    this.closed = true;
    for (const runId of this.waiting.keys()) this.announce(runId);
  }

  announce(runId: string): void {
    const listeners = this.waiting.get(runId);
    if (listeners) for (const listener of listeners) listener();
  }

  /** Resolves when something of this run is announced, or after `timeout` milliseconds. */
  next(runId: string, timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const listeners = this.waiting.get(runId) ?? new Set();
      this.waiting.set(runId, listeners);
      const done = (): void => {
        clearTimeout(timer);
        listeners.delete(done);
        if (listeners.size === 0) this.waiting.delete(runId);
        resolve();
      };
      const timer = setTimeout(done, timeout);
      listeners.add(done);
    });
  }
}
