import { ApiProperty } from '@nestjs/swagger';
import { type JobProcess } from '../../common/jobs/job-views.js';
import { type WorkerState } from '../../workflows/index.js';

/** `alive`: heard of in time. `lost`: it did not end in good order, and nothing is heard of it. */
export type ProcessState = 'alive' | 'lost';
export const processStates: ProcessState[] = ['alive', 'lost'];

/** A process of the installation. */
export class WorkerResponse {
  /** Host and process id. @example seer-7f9c:1 */
  name: string;
  /** Its `SEER_ROLE`; null when that is not known yet. @example all */
  @ApiProperty({ type: String, nullable: true, enum: ['all', 'api', 'worker'] })
  role: string | null;
  @ApiProperty({ enum: processStates })
  state: ProcessState;
  started_at: Date;
  /** When it was last heard of: a process that executes runs says so every 3 seconds, another one every 30. */
  heartbeat_at: Date;
  /** @example 1.2 */
  heartbeat_age_seconds: number;
  /** Until when the runs that it executes are its own; null: it executes none. */
  lease_until: Date | null;
  /** Runs that it executes; of a lost one: those that nobody has taken over yet. @example 4 */
  @ApiProperty({ type: 'integer' })
  runs: number;
  /** Runs that were taken from it because its lease was over. @example 0 */
  @ApiProperty({ type: 'integer' })
  runs_lost: number;
  /** Resident memory; null when it is not known yet. @example 140000000 */
  @ApiProperty({ type: 'integer', nullable: true })
  memory_bytes: number | null;
  /** Cores that it uses. @example 0.4 */
  @ApiProperty({ type: Number, nullable: true })
  cpu_cores: number | null;
  /** How late timers are, at p99, in milliseconds: the process has too much to do when that is much. @example 12 */
  @ApiProperty({ type: Number, nullable: true })
  event_loop_delay_ms: number | null;

  /** @param process what it says of itself, if it has by now */
  static ofWorker(worker: WorkerState, process: JobProcess | undefined): WorkerResponse {
    return Object.assign(new WorkerResponse(), {
      name: worker.name,
      role: process?.role ?? null,
      state: worker.isAlive ? 'alive' : 'lost',
      started_at: worker.startedAt,
      heartbeat_at: worker.heartbeatAt,
      heartbeat_age_seconds: worker.heartbeatAgeSeconds,
      lease_until: worker.leaseUntil,
      runs: worker.runs,
      runs_lost: worker.runsLost,
      ...metricsOf(process),
    } satisfies WorkerResponse);
  }

  /** One that executes no runs. */
  static ofProcess(process: JobProcess): WorkerResponse {
    return Object.assign(new WorkerResponse(), {
      name: process.name,
      role: process.role,
      state: process.isLive ? 'alive' : 'lost',
      started_at: process.startedAt,
      heartbeat_at: process.heartbeatAt,
      heartbeat_age_seconds: Math.max(0, (Date.now() - process.heartbeatAt.getTime()) / 1_000),
      lease_until: null,
      runs: 0,
      runs_lost: 0,
      ...metricsOf(process),
    } satisfies WorkerResponse);
  }
}

/** Those heard of last come first; those that ended in good order are not among them. */
export class WorkersResponse {
  items: WorkerResponse[];
}

function metricsOf(process: JobProcess | undefined) {
  return {
    memory_bytes: process?.memory ?? null,
    cpu_cores: process?.cpu ?? null,
    event_loop_delay_ms: process?.loopDelay ?? null,
  };
}
