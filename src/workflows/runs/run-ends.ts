import { Injectable } from '@nestjs/common';
import { RunNews } from './engine/run-news.js';
import { RunReader } from './run-reader.js';
import { isFinal, type WorkflowRunStatus } from './run-status.js';

/** Looking again at the table is the truth, an announcement in this process only a hint. */
const LOOK_AGAIN_MS = 250;

/** Waits for the ends of runs, wherever these are executed. */
@Injectable()
export class RunEnds {
  constructor(
    private readonly reader: RunReader,
    private readonly news: RunNews,
  ) {}

  /**
   * Resolves when the run (uuid) is over, waits for something, is gone, or it is `until` (milliseconds since the epoch).
   * @returns its status; undefined when this user has no such run
   */
  async wait(userId: string, runId: string, until: number): Promise<WorkflowRunStatus | undefined> {
    for (;;) {
      const announced = this.news.next(runId, Math.min(LOOK_AGAIN_MS, Math.max(0, until - Date.now())));
      const status = await this.reader.status({ userId }, runId);
      if (!status || isFinal(status) || status === 'WAITING' || this.news.closed || Date.now() >= until) return status;
      await announced;
    }
  }
}
