import { Injectable } from '@nestjs/common';
import { Environment } from '../../../common/config/environment.js';
import { WorkerLease } from './worker-lease.js';

/** How many runs this process executes at a time. */
@Injectable()
export class RunSlots {
  private readonly total: number;
  private taken = 0;
  private closed = false;
  private readonly whenFreed: (() => void)[] = [];

  constructor(
    environment: Environment,
    private readonly lease: WorkerLease,
  ) {
    this.total = environment.works ? environment.runSlots : 0;
  }

  /** None without a lease: what such a process began would be taken from it. */
  get free(): number {
    return this.closed || !this.lease.isLive ? 0 : this.total - this.taken;
  }

  /** Takes as many slots as are free, at most `wanted`. @returns how many */
  take(wanted: number): number {
    const got = Math.max(0, Math.min(wanted, this.free));
    this.taken += got;
    return got;
  }

  release(count = 1): void {
    this.taken -= count;
    for (const listener of this.whenFreed) listener();
  }

  onFreed(listener: () => void): void {
    this.whenFreed.push(listener);
  }

  /** Gives out no more slots. */
  close(): void {
    this.closed = true;
  }

  /** Resolves when all slots are back, or after `patience` milliseconds. */
  async empty(patience: number): Promise<void> {
    if (this.taken === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      this.onFreed(() => {
        if (this.taken > 0) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
