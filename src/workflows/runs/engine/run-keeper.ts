import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Environment } from '../../../common/config/environment.js';
import { asDatabaseUnavailable } from '../../../common/database/database.errors.js';
import { faultPoint } from '../../../common/fault-point.js';
import { RunHoldings } from './run-holdings.js';
import { RunAdmission } from './run-admission.js';
import { RunDispatcher } from './run-dispatcher.js';
import { RunHandedBackError, RunLostError } from './run-lost.error.js';
import { countEnded, takenOver } from './run-metrics.js';
import { RunNews } from './run-news.js';
import { RunBroadcasts } from './run-broadcasts.js';
import { RunQueue } from './run-queue.js';
import { RunSlots } from './run-slots.js';
import { RunSweeper } from './run-sweeper.js';
import { RENEW_MS, WorkerLease } from './worker-lease.js';

/** The floor of reaction time: runs that other processes queue are seen at the latest after this long. */
const LOOK_MS = 1_000;
/** Beats from one look for children of runs that are over to the next: a minute. */
const ORPHANS_EVERY = Math.ceil(60_000 / RENEW_MS);
/** How long a process that stops lets its runs go on as if nothing were … */
const UNDISTURBED_MS = 10_000;
/** … and then lets the nodes that are under way come to their end. */
const GRACE_MS = 15_000;
/** How long what must stop at last may take for that. */
const ABORT_MS = 2_000;

/**
 * Keeps the runs of this process its own while it lives, takes those of processes that died, and hands everything back when
 * it stops.
 */
@Injectable()
export class RunKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(RunKeeper.name);
  private looks: NodeJS.Timeout | undefined;
  private beats: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;
  private beatCount = 0;
  /** Runs that the database thought to be here at the last beat, but were not: `run fence`. */
  private strays = new Set<string>();

  constructor(
    private readonly environment: Environment,
    private readonly lease: WorkerLease,
    private readonly slots: RunSlots,
    private readonly holdings: RunHoldings,
    private readonly queue: RunQueue,
    private readonly sweeper: RunSweeper,
    private readonly dispatcher: RunDispatcher,
    private readonly admission: RunAdmission,
    private readonly broadcasts: RunBroadcasts,
    private readonly news: RunNews,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.environment.executesRuns) return;
    await this.lease.renew();
    await this.sweeper.forgetDead().catch((error: unknown) => this.report(error));
    this.beats = setInterval(() => {
      this.beating ??= this.beat().finally(() => (this.beating = undefined));
    }, RENEW_MS);
    this.looks = setInterval(() => void this.dispatcher.look(), LOOK_MS);
    await this.dispatcher.look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.looks);
    this.slots.close();
    await this.slots.empty(UNDISTURBED_MS);
    this.dispatcher.drain();
    await this.slots.empty(GRACE_MS);
    this.holdings.stopAll(new RunHandedBackError());
    await this.slots.empty(ABORT_MS);
    await this.admission.settled();
    clearInterval(this.beats);
    await this.beating;
    this.news.close();
    if (!this.environment.executesRuns) return;
    // Without its lease, whatever should still be under its name is taken by the others.
    await this.lease.end().catch((error: unknown) => this.report(error));
    this.broadcasts.tell('queued');
  }

  private async beat(): Promise<void> {
    try {
      if (!(await this.lease.renew())) return;
      await this.compare();
      if (!this.lease.mayJudgeOthers) return;
      if (this.beatCount++ % ORPHANS_EVERY === 0) this.broadcasts.cancelled(await this.sweeper.cancelOrphans());
      const taken = await this.sweeper.sweep();
      if (taken.length === 0) return;
      faultPoint('after-sweep');
      this.log.warn({ runs: taken.length }, 'Runs of a process that died were taken over');
      for (const { run_id: runId, status } of taken) {
        takenOver.add({ status });
        if (status === 'QUEUED') continue;
        countEnded(status, { code: 'crash-loop' });
        this.broadcasts.tell(`ended ${runId}`);
      }
      this.broadcasts.tell('queued');
    } catch (error) {
      this.report(error);
    }
  }

  /**
   * Compares what this process executes with what the database thinks. A run that is only in the database was lost on the
   * way (an answer that did not arrive when a connection broke): back into the queue. One that is only here was taken or
   * cancelled: it stops.
   */
  private async compare(): Promise<void> {
    const began = performance.now();
    const rows = await this.queue.heldBy(this.lease.workerId);
    const known = new Set(rows.map((row) => `${row.run_id} ${row.fence}`));
    for (const { runId, fence, durableSince = Infinity, stop } of this.holdings.all) {
      if (durableSince < began && !known.has(`${runId} ${fence}`) && !stop.signal.aborted) {
        // It may just have ended: then nothing listens to this any more.
        stop.abort(new RunLostError(`run ${runId} was taken from this process`));
      }
    }
    const strays = new Set<string>();
    for (const { run_id: runId, fence } of rows) {
      const key = `${runId} ${fence}`;
      if (this.holdings.has(runId, fence)) continue;
      // Seen once, its claim may still be on the way here.
      if (this.strays.has(key)) await this.queue.handBack(runId, fence, 0);
      else strays.add(key);
    }
    if (this.strays.size > 0) this.broadcasts.tell('queued');
    this.strays = strays;
  }

  private report(error: unknown): void {
    if (!asDatabaseUnavailable(error))
      this.log.error({ err: error }, 'The runs of this process could not be looked after');
  }
}
