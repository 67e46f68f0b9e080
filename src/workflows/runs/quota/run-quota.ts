import { Injectable } from '@nestjs/common';
import { Environment } from '../../../common/config/environment.js';
import { type HotRead, HotReads } from '../../../common/database/hot-reads.js';
import { LAST_UUID } from '../../../common/database/sql-uuid.js';
import { LruCache } from '../../../common/lru-cache.js';
import { firstUuidOf, timeOfUuid } from '../../../common/uuid.js';
import { RunQuotaError } from '../run.errors.js';
import { eachSource } from '../run-status.js';
import { lastUuidOf, spanOf } from './deleted-run-count.entity.js';

const DAY_MS = 86_400_000;
/** How long a process goes on with its own count: others may start runs of the same user meanwhile. */
const RECOUNT_MS = 5_000;
const USERS = 10_000;

interface Count {
  readonly countedAt: number;
  /** Runs that may still be started. */
  left: number;
  /** When the first place becomes free; undefined while there are some. */
  readonly freeAt: number | undefined;
}

/**
 * How many runs a user may start within 24 hours (`SEER_RUNS_PER_USER_PER_DAY`). The runs themselves are the count,
 * with those that are deleted since (deleted-run-count.entity.ts), so no process has to tell another one; each counts anew after some seconds, so several
 * processes may let through a few runs too many. Runs that runs start (child runs) count, and are never refused: half of a
 * piece of work is worse than none.
 */
@Injectable()
export class RunQuota {
  private readonly limit: number | undefined;
  private readonly counts = new LruCache<string, Count>(USERS);

  constructor(
    environment: Environment,
    private readonly reads: HotReads,
  ) {
    this.limit = environment.runsPerUserPerDay;
  }

  /** Most installations have none: then nothing needs to be asked. */
  get exists(): boolean {
    return this.limit !== undefined;
  }

  /** Takes a place for a run of the user. @throws RunQuotaError */
  async take(userId: string): Promise<void> {
    const refusal = await this.tryTake(userId);
    if (refusal) throw refusal;
  }

  /** Takes a place, or says why there is none. */
  async tryTake(userId: string): Promise<RunQuotaError | undefined> {
    if (this.limit === undefined) return undefined;
    const known = this.counts.get(userId);
    const count = known && isFresh(known) ? known : await this.recount(userId, this.limit);
    if (count.left > 0) {
      count.left -= 1;
      return undefined;
    }
    return new RunQuotaError(this.limit, Math.max(1, Math.ceil((count.freeAt! - Date.now()) / 1_000)));
  }

  private async recount(userId: string, limit: number): Promise<Count> {
    const countedAt = Date.now();
    const values = [userId, firstUuidOf(countedAt - DAY_MS), limit];
    const [row] = await this.reads.rows<{ started: number; last: string | null }>(newest, values);
    const left = limit - row!.started;
    const count = { countedAt, left, freeAt: left > 0 ? undefined : timeOfUuid(row!.last!) + DAY_MS };
    this.counts.set(userId, count);
    return count;
  }
}

/** One that this process has used up by itself does not know yet when a place becomes free. */
function isFresh({ countedAt, left, freeAt }: Count): boolean {
  return Date.now() - countedAt < RECOUNT_MS && (left > 0 || freeAt !== undefined);
}

/**
 * Reads at most as many runs as the limit, newest first; their ids rise with time. `last` is the one that must become a day old
 * before there is a place again.
 */
const newest: HotRead = {
  name: 'run-quota',
  text: `select coalesce(sum(runs), 0)::int as started,
           (array_agg(run_id order by run_id desc) filter (where total >= $3))[1] as last
         from (
           select run_id, runs, sum(runs) over (order by run_id desc rows unbounded preceding) as total from (
             select of_source.run_id, 1 as runs from ${eachSource} cross join lateral (
               select run_id from workflow_run r
               where (r.user_id, r.source, r.run_id) >= ($1, origin.source, $2::uuid)
                 and (r.user_id, r.source, r.run_id) <= ($1, origin.source, '${LAST_UUID}')
               order by r.user_id desc, r.source desc, r.run_id desc limit $3
             ) of_source
             union all
             select ${lastUuidOf('span')}, runs from deleted_run_count where user_id = $1 and span >= ${spanOf('$2::uuid')}
           ) as recent
         ) as counted`,
};
