import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { dateOf } from '../../../common/database/sql-date.js';
import { faultPoint } from '../../../common/fault-point.js';
import { WorkflowSpecs } from '../../workflow-specs.js';
import { GroupCommitter } from './group-committer.js';
import { HeldRuns } from './held-runs.js';
import { nothingRecorded } from './recorded-run.js';
import { isEnd, type RunOutcome } from './rows.js';
import { type HeldRun, timeoutOf } from './held-run.js';
import { RunExecutor } from './run-executor.js';
import { RunJournal } from './run-journal.js';
import { RunHandedBackError, RunLostError } from './run-lost.error.js';
import { RunNews } from './run-news.js';
import { RunNotices } from './run-notices.js';
import { type ClaimedRun, RunQueue } from './run-queue.js';
import { RunSlots } from './run-slots.js';
import { WorkerLease } from './worker-lease.js';

const MAX_CLAIM = 100;
/** Pauses that end within this time are ended to the millisecond by a timer; others by a look at the table each second. */
const ALARM_MS = 60_000;

/** Gives runs to free slots: those that begin here at once, and those that wait in the queue. */
@Injectable()
export class RunDispatcher {
  private readonly log = new Logger(RunDispatcher.name);
  private claiming = false;
  /** There may be queued runs: someone queued one, or the last claim was full. */
  private backlog = true;
  private draining = false;

  constructor(
    private readonly slots: RunSlots,
    private readonly lease: WorkerLease,
    private readonly queue: RunQueue,
    private readonly committer: GroupCommitter,
    private readonly executor: RunExecutor,
    private readonly held: HeldRuns,
    private readonly specs: WorkflowSpecs,
    private readonly news: RunNews,
    private readonly notices: RunNotices,
  ) {
    this.slots.onFreed(() => {
      if (this.backlog) void this.claim();
    });
    this.notices.onQueued(() => this.wake());
  }

  /** There may be a queued run. */
  wake(): void {
    this.backlog = true;
    void this.claim();
  }

  /** From now on every run that is executed here stops before it touches the world again, and is handed back. */
  drain(): void {
    this.draining = true;
  }

  /** @throws RunLostError when this process must not touch the world for a run any more */
  readonly mayGoOn = (): void => {
    if (this.draining) throw new RunHandedBackError();
    if (!this.lease.isLive) throw new RunLostError('the lease of this process is over');
  };

  /**
   * Executes a run until it is over or waits, and announces that. The caller has a slot for it.
   * @returns undefined when the run is another process's now.
   * @throws DatabaseUnavailableError when its end could not be recorded
   */
  async execute(run: HeldRun): Promise<RunOutcome | undefined> {
    const outcome = await this.executor.execute(run);
    if (outcome?.status === 'WAITING') this.alarm(outcome.wakeAt);
    this.news.announce(run.holding.runId);
    return outcome;
  }

  /** Puts runs whose waiting is over into the queue, and claims what is there. */
  async look(): Promise<void> {
    try {
      await this.queue.wakeDue(MAX_CLAIM);
    } catch (error) {
      this.report(error);
    }
    this.wake();
  }

  private alarm(at: number): void {
    const left = at - Date.now();
    if (left < ALARM_MS) setTimeout(() => void this.look(), Math.max(0, left) + 1).unref();
  }

  private async claim(): Promise<void> {
    if (this.claiming) return;
    this.claiming = true;
    let slots = 0;
    try {
      while (this.backlog && (slots = this.slots.take(MAX_CLAIM)) > 0) {
        // Whoever queues a run from now on may be too late for this claim: then there is a backlog again.
        this.backlog = false;
        const claimed = await this.queue.claim(slots, this.lease.workerId);
        if (claimed.length > 0) faultPoint('after-claim');
        if (claimed.length === slots) this.backlog = true;
        for (const run of claimed) {
          slots -= 1;
          void this.begin(run);
        }
        if (slots > 0) this.slots.release(slots);
        slots = 0;
      }
    } catch (error) {
      if (slots > 0) this.slots.release(slots);
      this.report(error);
    } finally {
      this.claiming = false;
    }
  }

  /** The next look tries again; while the database is away that is all there is to say. */
  private report(error: unknown): void {
    if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Queued runs could not be claimed');
  }

  /** Executes a claimed run in the slot that was taken for it. */
  private async begin(claimed: ClaimedRun): Promise<void> {
    const holding = this.held.take(claimed.run_id, claimed.attempt, true);
    try {
      const outcome = await this.execute(await this.prepare(claimed, holding));
      // Whoever waits for its end may do so in another process.
      if (outcome && isEnd(outcome)) this.notices.tell(`ended ${claimed.run_id}`);
    } catch (error) {
      // What this process holds and does not execute goes back into the queue (run-keeper.ts).
      this.held.leave(holding);
      if (!asDatabaseUnavailable(error))
        this.log.error({ err: error, run_id: claimed.run_id }, 'A run could not be executed');
    } finally {
      this.slots.release();
    }
  }

  private async prepare(claimed: ClaimedRun, holding: HeldRun['holding']): Promise<HeldRun> {
    const { attempt, source, tries, depth, ran_ms: ranMs } = claimed;
    const startedAt = dateOf(claimed.started_at).getTime();
    const workflow = await this.specs.load(claimed);
    const known = attempt > 1 || claimed.is_fork ? await this.queue.recorded(claimed) : nothingRecorded();
    const claim = { workerId: this.lease.workerId, attempt, startedAt };
    const parentId = claimed.parent_run_id ?? undefined;
    const { committer, mayGoOn } = this;
    return {
      holding,
      userId: claimed.user_id,
      workflow,
      timeout: timeoutOf(workflow, claimed.config),
      journal: new RunJournal({ committer, holding, claim, known, parentId, mayGoOn }),
      inputs: claimed.inputs,
      trigger: null,
      about: {
        workflowId: claimed.workflow_uuid,
        version: claimed.version_number,
        source,
        createdAt: dateOf(claimed.created_at).getTime(),
        startedAt,
        tries,
        depth,
      },
      ranMs,
      answered: known.answered,
    };
  }
}
