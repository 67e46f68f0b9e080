import { Injectable } from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { RunNews } from './engine/run-news.js';
import { RunReader } from './run-reader.js';
import { isFinal, type WorkflowRunStatus } from './run-status.js';
import { type RunView } from './run-view.js';

/** Looking again at the table is the truth, an announcement in this process only a hint. */
const LOOK_AGAIN_MS = 250;

/** What was asked for when a run was to be started. */
interface Started {
  /** uuid of the run to wait for; null for none. */
  readonly runId: string | null;
  /** The run as it was a moment ago, if that is known. */
  readonly view?: RunView | undefined;
}

/** Waits for the ends of runs, wherever these are executed. */
@Injectable()
export class RunWaiter {
  constructor(
    private readonly environment: Environment,
    private readonly reader: RunReader,
    private readonly news: RunNews,
  ) {}

  /**
   * Starts a run and waits for it as long as a request may (`SEER_SYNC_WAIT_SECONDS`).
   * @param start is given the milliseconds for which it may wait for a run that it executes in place
   * @returns what `start` gave, and the status of its run as `wait` tells it; `end`, if the run is over and was not read
   * from the database for that
   */
  async startAndWait<What extends Started>(
    userId: string,
    start: (patience: number) => Promise<What>,
  ): Promise<{ started: What; status?: WorkflowRunStatus | undefined; end?: RunView }> {
    const patience = this.environment.syncWaitSeconds * 1_000;
    const until = Date.now() + patience;
    const started = await start(patience);
    const { runId, view } = started;
    if (runId === null) return { started };
    if (view && isFinal(view.status)) return { started, status: view.status, end: view };
    return { started, status: await this.wait(userId, runId, until) };
  }

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
