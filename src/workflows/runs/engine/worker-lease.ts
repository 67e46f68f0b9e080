import { hostname } from 'node:os';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { newUuid } from '../../../common/public-id.js';

/** How long the runs of a process are its own after it has last said that it lives, in milliseconds. */
export const LEASE_MS = 12_000;
/** How often it says so. */
export const RENEW_MS = 3_000;

/**
 * Says in the database that this process lives: one row, renewed every few seconds, keeps all of its runs. The lease is
 * judged twice: by others with the clock of the database, and by the process itself with its own monotonic clock, so that
 * one that was paused for too long knows it before it touches the world.
 */
@Injectable()
export class WorkerLease {
  /** This process, in `worker_id` of the runs it holds. */
  readonly workerId = newUuid();
  /** Since when the lease was renewed in time without a break; judging others takes a whole lease of that. */
  private unbrokenSince = Infinity;
  private renewedAt = -Infinity;
  private readonly log = new Logger(WorkerLease.name);

  constructor(private readonly em: EntityManager) {}

  /** Whether what this process holds is still its own, as far as it can know. */
  get isLive(): boolean {
    return performance.now() - this.renewedAt < LEASE_MS;
  }

  /** Whether every process that lives has had the time to say so since the database was last away. */
  get mayJudgeOthers(): boolean {
    return this.isLive && performance.now() - this.unbrokenSince > LEASE_MS;
  }

  /** @returns false when the database does not answer */
  async renew(): Promise<boolean> {
    const began = performance.now();
    try {
      await this.em.fork().execute(
        `insert into run_worker (worker_id, name, lease_until) values (?, ?, now() + ? * interval '1 millisecond')
         on conflict (worker_id) do update set lease_until = excluded.lease_until`,
        [this.workerId, `${hostname()}:${process.pid}`, LEASE_MS],
      );
    } catch (error) {
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'The lease of this process was not renewed');
      return false;
    }
    if (!this.isLive) this.unbrokenSince = began;
    this.renewedAt = began;
    return true;
  }

  /** The process ends, and holds nothing any more. */
  async end(): Promise<void> {
    this.renewedAt = -Infinity;
    await this.em.fork().execute('delete from run_worker where worker_id = ?', [this.workerId]);
  }
}
