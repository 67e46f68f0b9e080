import { Injectable } from '@nestjs/common';
import { Environment } from '../../../common/config/environment.js';
import { newUuid } from '../../../common/public-id.js';

/** How many runs this process executes at a time, and under which name. */
@Injectable()
export class RunSlots {
  /** This process, in `worker_id` of the runs it holds. */
  readonly workerId = newUuid();
  private readonly total: number;
  private taken = 0;
  private closed = false;
  private readonly whenFreed: (() => void)[] = [];

  constructor(environment: Environment) {
    this.total = environment.works ? environment.runSlots : 0;
  }

  get free(): number {
    return this.closed ? 0 : this.total - this.taken;
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

  /** Gives out no more slots; resolves when all are back, or after `grace` milliseconds. */
  async close(grace: number): Promise<void> {
    this.closed = true;
    if (this.taken === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, grace);
      this.onFreed(() => {
        if (this.taken > 0) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
