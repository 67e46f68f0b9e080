import { ApiProperty } from '@nestjs/swagger';
import { type QueueState } from '../../common/jobs/job-views.js';
import { type RunLoadState, type Waiting } from '../../workflows/index.js';

/** Runs that are not over; none is counted beyond 10,000. */
export class WaitingRunsResponse {
  /** @example 3 */
  @ApiProperty({ type: 'integer' })
  runs: number;
  /** Whether there may be more. */
  more: boolean;
  /** When the oldest of them was made; null: there is none. */
  since: Date | null;

  static from({ runs, since }: Waiting, most: number): WaitingRunsResponse {
    return Object.assign(new WaitingRunsResponse(), { runs, more: runs === most, since });
  }
}

export class RunQueueResponse {
  /** They wait for a free slot. */
  ready: WaitingRunsResponse;
  /** They wait for a place within the limit of their concurrency key (`settings.concurrency`). */
  held_back: WaitingRunsResponse;
  /** They hold no slot: they wait for a time, an answer, an account or another run. */
  waiting: WaitingRunsResponse;
  running: WaitingRunsResponse;

  static from({ ready, heldBack, waiting, running }: RunLoadState, most: number): RunQueueResponse {
    return Object.assign(new RunQueueResponse(), {
      ready: WaitingRunsResponse.from(ready, most),
      held_back: WaitingRunsResponse.from(heldBack, most),
      waiting: WaitingRunsResponse.from(waiting, most),
      running: WaitingRunsResponse.from(running, most),
    });
  }
}

/** Background jobs of one kind. */
export class JobQueueResponse {
  /** @example refresh-connections */
  name: string;
  /** Jobs that could be taken up now. @example 0 */
  @ApiProperty({ type: 'integer' })
  ready: number;
  /** Jobs whose time has not come: delayed, or to be tried again. @example 0 */
  @ApiProperty({ type: 'integer' })
  deferred: number;
  /** Jobs under way. @example 0 */
  @ApiProperty({ type: 'integer' })
  active: number;
  /** Since when the one has been ready that has waited longest; null: none waits. */
  ready_since: Date | null;
  /** The counts are of this moment. */
  counted_at: Date;

  static from({ name, ready, deferred, active, readySince, countedAt }: QueueState): JobQueueResponse {
    return Object.assign(new JobQueueResponse(), {
      ...{ name, ready, deferred, active },
      ready_since: readySince,
      counted_at: countedAt,
    });
  }
}

export class QueuesResponse {
  runs: RunQueueResponse;
  /** By name. Those that have failed for good are in `GET /v1/admin/jobs`. */
  jobs: JobQueueResponse[];
}
