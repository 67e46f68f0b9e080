import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Environment } from '../../../common/config/environment.js';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { dateOf } from '../../../common/database/sql-date.js';
import { WorkflowSpecs } from '../../workflow-specs.js';
import { GroupCommitter } from './group-committer.js';
import { RunEnds } from './run-ends.js';
import { type HeldRun, RunExecutor } from './run-executor.js';
import { type RunEnd } from './rows.js';
import { nothingRecorded, RunJournal } from './run-journal.js';
import { type ClaimedRun, RunQueue } from './run-queue.js';
import { RunSlots } from './run-slots.js';

/** The floor of reaction time: runs that other processes queue are seen at the latest after this long. */
const POLL_MS = 1_000;
const MAX_CLAIM = 100;
/** How long a process that stops lets its runs go on. */
const GRACE_MS = 25_000;

/** Gives runs to free slots: those that begin here at once, and those that wait in the queue. */
@Injectable()
export class RunDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RunDispatcher.name);
  private poll: NodeJS.Timeout | undefined;
  private claiming = false;
  /** There may be queued runs: someone queued one here, or the last claim was full. */
  private backlog = true;

  constructor(
    private readonly environment: Environment,
    private readonly slots: RunSlots,
    private readonly queue: RunQueue,
    private readonly committer: GroupCommitter,
    private readonly executor: RunExecutor,
    private readonly specs: WorkflowSpecs,
    private readonly ends: RunEnds,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.environment.works) return;
    this.slots.onFreed(() => {
      if (this.backlog) void this.claim();
    });
    this.poll = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  /** There may be a queued run. */
  wake(): void {
    this.backlog = true;
    void this.claim();
  }

  /**
   * Executes a run to its end and announces that. The caller has a slot for it.
   * @returns undefined when the run is another process's now.
   * @throws DatabaseUnavailableError when its end could not be recorded
   */
  async execute(run: HeldRun): Promise<RunEnd | undefined> {
    const end = await this.executor.execute(run);
    this.ends.announce(run.runId);
    return end;
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.poll);
    await this.slots.close(GRACE_MS);
    this.ends.close();
  }

  private async claim(): Promise<void> {
    if (this.claiming) return;
    this.claiming = true;
    let slots = 0;
    try {
      while (this.backlog && (slots = this.slots.take(MAX_CLAIM)) > 0) {
        // Whoever queues a run from now on may be too late for this claim: then there is a backlog again.
        this.backlog = false;
        const claimed = await this.queue.claim(slots, this.slots.workerId);
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
      // The next poll tries again; while the database is away that is all there is to say.
      if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Queued runs could not be claimed');
    } finally {
      this.claiming = false;
    }
  }

  /** Executes a claimed run in the slot that was taken for it. */
  private async begin(claimed: ClaimedRun): Promise<void> {
    try {
      await this.execute(await this.held(claimed));
    } catch (error) {
      this.log.error({ err: error, run_id: claimed.run_id }, 'A run could not be brought to its end');
    } finally {
      this.slots.release();
    }
  }

  private async held(claimed: ClaimedRun): Promise<HeldRun> {
    const { run_id: runId, attempt, source } = claimed;
    const startedAt = dateOf(claimed.started_at).getTime();
    const workflow = await this.specs.load(claimed);
    const known = attempt > 1 ? await this.queue.recordedSteps(runId) : nothingRecorded();
    const claim = { workerId: this.slots.workerId, attempt, startedAt };
    const journal = new RunJournal(this.committer, runId, claim, known);
    const about = { workflowId: claimed.workflow_uuid, version: claimed.version_number, source, startedAt, attempt };
    return { runId, workflow, journal, inputs: claimed.inputs, trigger: null, about };
  }
}
