import { Injectable } from '@nestjs/common';
import { Environment } from '../../../common/config/environment.js';
import { runsInFlight, runSlotsLimit } from './run-metrics.js';
import { WorkerLease } from './worker-lease.js';

/** How many runs this process executes at a time, and how many of them for one user. */
@Injectable()
export class RunSlots {
  /** How many slots one user may hold. */
  readonly perUser: number;
  private readonly total: number;
  /** Slots that are taken, by user. */
  private readonly held = new Map<string, number>();
  /** Slots that are taken for runs that are still to be claimed: anybody's. */
  private reserved = 0;
  private taken = 0;
  private closed = false;
  private readonly whenFreed: ((userId: string) => void)[] = [];
  private readonly whenEmpty: (() => void)[] = [];

  constructor(
    environment: Environment,
    private readonly lease: WorkerLease,
  ) {
    this.total = environment.executesRuns ? environment.runSlots : 0;
    this.perUser = environment.runSlotsPerUser;
    runSlotsLimit.read({}, () => this.total);
    runsInFlight.read({}, () => this.taken - this.reserved);
  }

  /** None without a lease: what such a process began would be taken from it. */
  get free(): number {
    return this.closed || !this.lease.isLive ? 0 : this.total - this.taken;
  }

  /** Takes a slot for a run of this user. @returns false when none is free, or the user holds as many as one may */
  take(userId: string): boolean {
    // What is reserved may come out as runs of this very user.
    if (this.free <= 0 || this.heldBy(userId) + this.reserved >= this.perUser) return false;
    this.taken += 1;
    this.held.set(userId, this.heldBy(userId) + 1);
    return true;
  }

  /** Reserves as many slots as are free, at most `wanted`, for runs that are claimed next. @returns how many */
  reserve(wanted: number): number {
    const got = Math.max(0, Math.min(wanted, this.free));
    this.taken += got;
    this.reserved += got;
    return got;
  }

  /** A reserved slot is for a run of this user. */
  assign(userId: string): void {
    this.reserved -= 1;
    this.held.set(userId, this.heldBy(userId) + 1);
  }

  /** Gives reserved slots back that were not needed. */
  putBack(count: number): void {
    this.reserved -= count;
    this.giveBack(count);
  }

  /** A run of this user needs its slot no longer. */
  release(userId: string): void {
    const left = this.heldBy(userId) - 1;
    if (left > 0) this.held.set(userId, left);
    else this.held.delete(userId);
    this.giveBack(1);
    for (const listener of this.whenFreed) listener(userId);
  }

  /** How many more slots each user may have of those who may have fewer than `count`. */
  roomsBelow(count: number): Record<string, number> {
    const rooms = [...this.held].map(([userId, held]) => [userId, this.perUser - held] as const);
    return Object.fromEntries(rooms.filter(([, room]) => room < count));
  }

  /** Called whenever a run of a user has left its slot. */
  onFreed(listener: (userId: string) => void): void {
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
      this.whenEmpty.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private heldBy(userId: string): number {
    return this.held.get(userId) ?? 0;
  }

  private giveBack(count: number): void {
    this.taken -= count;
    if (this.taken === 0) for (const listener of this.whenEmpty.splice(0)) listener();
  }
}
