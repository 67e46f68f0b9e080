import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { dateOf } from '../../common/database/sql-date.js';
import { LEASE_MS } from '../runs/engine/worker-lease.js';

/** No more are counted: then it is at least so many. */
export const MOST_COUNTED = 10_000;
const MOST_WORKERS = 1_000;

/** Runs in one part of the queue. */
export interface Waiting {
  readonly runs: number;
  /** When the oldest of those that were counted was made; null: none waits. */
  readonly since: Date | null;
}

/** Runs that are not over. */
export interface RunLoadState {
  /** For a free slot. */
  readonly ready: Waiting;
  /** For a place within the limit of their concurrency key. */
  readonly heldBack: Waiting;
  /** For a time, an answer, or another run. */
  readonly waiting: Waiting;
  readonly running: Waiting;
}

/** A process that executes runs, or did until its lease was over. */
export interface WorkerState {
  readonly workerId: string;
  /** Host and process id. */
  readonly name: string;
  readonly isAlive: boolean;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  readonly heartbeatAgeSeconds: number;
  readonly leaseUntil: Date;
  /** Runs that it executes; of one that is lost: those that nobody has taken over yet. */
  readonly runs: number;
  /** Runs that were taken from it. */
  readonly runsLost: number;
}

interface WorkerRow {
  worker_id: string;
  name: string;
  is_alive: boolean;
  started_at: string;
  heartbeat_at: string;
  heartbeat_age: number;
  lease_until: string;
  runs: number;
  runs_lost: number;
}

/** Each is served by a partial index of its own. */
const parts = {
  ready: `status = 'QUEUED' and admitted is not false`,
  heldBack: `status = 'QUEUED' and not admitted`,
  waiting: `status = 'WAITING'`,
  running: `status = 'RUNNING'`,
} as const;

const workers = `
  select w.worker_id, w.name, w.lease_until > now() as is_alive, w.started_at, w.lease_until, w.runs_lost,
    w.lease_until - interval '1 millisecond' * ${LEASE_MS} as heartbeat_at,
    extract(epoch from now() - w.lease_until)::float8 + ${LEASE_MS / 1_000} as heartbeat_age,
    (select count(*)::int from workflow_run r where r.status = 'RUNNING' and r.worker_id = w.worker_id) as runs
  from run_worker w order by w.lease_until desc limit ${MOST_WORKERS}`;

/** How much there is to do, and who does it. */
@Injectable()
export class RunLoad {
  constructor(private readonly em: EntityManager) {}

  async state(): Promise<RunLoadState> {
    const [ready, heldBack, waiting, running] = await Promise.all(Object.values(parts).map((part) => this.count(part)));
    return { ready: ready!, heldBack: heldBack!, waiting: waiting!, running: running! };
  }

  /** Those heard of last come first. Whoever ended in good order is not among them. */
  async workers(): Promise<WorkerState[]> {
    const rows = await this.em.fork().execute<WorkerRow[]>(workers);
    return rows.map((row) => ({
      workerId: row.worker_id,
      name: row.name,
      isAlive: row.is_alive,
      startedAt: dateOf(row.started_at),
      heartbeatAt: dateOf(row.heartbeat_at),
      heartbeatAgeSeconds: Math.max(0, row.heartbeat_age),
      leaseUntil: dateOf(row.lease_until),
      runs: row.runs,
      runsLost: row.runs_lost,
    }));
  }

  private async count(part: string): Promise<Waiting> {
    const [row] = await this.em.fork().execute<[{ runs: number; since: string | null }]>(
      `select count(*)::int as runs, min(created_at) as since
       from (select created_at from workflow_run where ${part} limit ${MOST_COUNTED}) counted`,
    );
    return { runs: row.runs, since: dateOf(row.since) };
  }
}
