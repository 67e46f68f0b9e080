import { outsideOfRequests } from '../../../common/http/current-request.js';
import { Injectable, Logger } from '@nestjs/common';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { dateOf } from '../../../common/database/sql-date.js';
import { faultPoint } from '../../../common/fault-point.js';
import { WorkflowSpecs } from '../../workflow-specs.js';
import { GroupCommitter } from './group-committer.js';
import { RunHoldings } from './run-holdings.js';
import { nothingRecorded } from './recorded-run.js';
import { isEnd, type RunOutcome } from './rows.js';
import { type RunExecution, runExecution, type TakenRun } from './run-execution.js';
import { RunAdmission } from './run-admission.js';
import { RunExecutor } from './run-executor.js';
import { RunHandedBackError, RunLostError } from './run-lost.error.js';
import { RunNews } from './run-news.js';
import { RunBroadcasts } from './run-broadcasts.js';
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
  /** There may be queued runs: someone queued one, or the last claim left some. */
  private backlog = true;
  /** The last claim got as many runs as it asked for. */
  private queueIsDeep = false;
  /** Users with less room than the claim under way asks for … */
  private tight: Readonly<Record<string, number>> = {};
  /** … and whether one of them has got more since: the claim does not know. */
  private loosened = false;
  /** Users whose runs the last claim left, as they have no room: the next slot that they free is theirs. */
  private capped: ReadonlySet<string> = new Set();
  private draining = false;

  constructor(
    private readonly slots: RunSlots,
    private readonly lease: WorkerLease,
    private readonly queue: RunQueue,
    private readonly committer: GroupCommitter,
    private readonly executor: RunExecutor,
    private readonly holdings: RunHoldings,
    private readonly specs: WorkflowSpecs,
    private readonly news: RunNews,
    private readonly broadcasts: RunBroadcasts,
    private readonly admission: RunAdmission,
  ) {
    this.slots.onFreed((userId) => {
      if (userId in this.tight) this.loosened = true;
      if (this.capped.has(userId)) this.backlog = true;
      if (this.backlog) outsideOfRequests(() => void this.claim());
    });
    this.broadcasts.onQueued(() => this.wake());
    this.admission.onQueued(() => this.wake());
  }

  /** There may be a queued run. */
  wake(): void {
    this.backlog = true;
    outsideOfRequests(() => void this.claim());
  }

  /** From now on every run that is executed here stops before it touches the world again, and is handed back. */
  drain(): void {
    this.draining = true;
  }

  /** @throws RunLostError when this process must not touch the world for a run any more */
  private readonly mayGoOn = (): void => {
    if (this.draining) throw new RunHandedBackError();
    if (!this.lease.isLive) throw new RunLostError('the lease of this process is over');
  };

  /** A run that this process has taken, ready to be executed. */
  hold(taken: TakenRun): RunExecution {
    const { committer, mayGoOn } = this;
    return runExecution({ committer, mayGoOn }, taken);
  }

  /**
   * Executes a run until it is over or waits, and announces that. The caller has a slot for it.
   * @returns undefined when the run is another process's now.
   * @throws DatabaseUnavailableError when its end could not be recorded
   */
  async execute(run: RunExecution): Promise<RunOutcome | undefined> {
    const outcome = await outsideOfRequests(() => this.executor.execute(run));
    if (outcome?.status === 'WAITING') this.alarm(outcome.wakeAt);
    this.news.announce(run.holding.runId);
    return outcome;
  }

  /** Puts runs whose waiting is over into the queue, and claims what is there. */
  async look(): Promise<void> {
    // An alarm may go off when the process has stopped, and has closed its connections.
    if (this.draining) return;
    this.admission.look();
    try {
      await this.queue.wakeDue(MAX_CLAIM);
    } catch (error) {
      this.report(error);
    }
    this.wake();
  }

  private alarm(at: number): void {
    const left = at - Date.now();
    if (left >= ALARM_MS) return;
    outsideOfRequests(() => setTimeout(() => void this.look(), Math.max(0, left) + 1).unref());
  }

  private async claim(): Promise<void> {
    if (this.claiming) return;
    this.claiming = true;
    let slots = 0;
    try {
      while (this.backlog && (slots = this.slots.reserve(this.claimSize())) > 0) {
        // Whoever queues a run from now on may be too late for this claim: then there is a backlog again.
        this.backlog = false;
        const { runs, left } = await this.queue.claim(this.claimOf(slots));
        if (runs.length > 0) faultPoint('after-claim');
        for (const run of runs) {
          slots -= 1;
          this.slots.assign(run.user_id);
          void this.begin(run);
        }
        this.slots.putBack(slots);
        slots = 0;
        this.queueIsDeep = left === 'some';
        this.capped = new Set(left === 'capped' ? Object.keys(this.slots.roomsBelow(1)) : []);
        if (this.queueIsDeep || (left === 'capped' && this.loosened)) this.backlog = true;
      }
    } catch (error) {
      this.slots.putBack(slots);
      this.report(error);
    } finally {
      this.claiming = false;
    }
  }

  /**
   * A claim that does not know of a deep queue leaves half of the free slots to runs that begin here meanwhile: without
   * any they would be queued, and lead to the next such claim.
   */
  private claimSize(): number {
    return this.queueIsDeep ? MAX_CLAIM : Math.min(MAX_CLAIM, Math.ceil(this.slots.free / 2));
  }

  private claimOf(count: number): Parameters<RunQueue['claim']>[0] {
    const { perUser } = this.slots;
    this.tight = this.slots.roomsBelow(count);
    this.loosened = false;
    return { workerId: this.lease.workerId, count, perUser, rooms: this.tight };
  }

  /** The next look tries again; while the database is away that is all there is to say. */
  private report(error: unknown): void {
    if (!asDatabaseUnavailable(error)) this.log.error({ err: error }, 'Queued runs could not be claimed');
  }

  /** Executes a claimed run in the slot that was taken for it. */
  private async begin(claimed: ClaimedRun): Promise<void> {
    const holding = this.holdings.take(claimed.run_id, claimed.fence, true);
    try {
      const outcome = await this.execute(await this.prepare(claimed, holding));
      // Whoever waits for its end may do so in another process.
      if (outcome && isEnd(outcome)) {
        this.broadcasts.tell(`ended ${claimed.run_id}`);
        if (claimed.concurrency_key) this.admission.next(claimed.concurrency_key);
      }
    } catch (error) {
      // What this process holds and does not execute goes back into the queue (run-keeper.ts).
      this.holdings.leave(holding);
      if (!asDatabaseUnavailable(error))
        this.log.error({ err: error, run_id: claimed.run_id }, 'A run could not be executed');
    } finally {
      this.slots.release(claimed.user_id);
    }
  }

  private async prepare(claimed: ClaimedRun, holding: RunExecution['holding']): Promise<RunExecution> {
    const { fence, source, tries, depth, hops, inputs, trigger, config } = claimed;
    const workflow = await this.specs.load(claimed);
    return this.hold({
      holding,
      claim: { workerId: this.lease.workerId, fence, startedAt: dateOf(claimed.started_at).getTime() },
      userId: claimed.user_id,
      workflow,
      config,
      inputs,
      trigger,
      about: {
        workflowId: claimed.workflow_uuid,
        version: claimed.version_number,
        source,
        createdAt: dateOf(claimed.created_at).getTime(),
        tries,
        depth,
        hops,
      },
      known: fence > 1 || claimed.is_fork ? await this.queue.recorded(claimed) : nothingRecorded(),
      parentId: claimed.parent_run_id ?? undefined,
      ranMs: claimed.ran_ms,
    });
  }
}
