import { actingOwner } from '../../common/http/acting-owner.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { type Json, type JsonObject } from '../../common/json.js';
import { newUuid } from '../../common/public-id.js';
import { linkRun } from '../../common/tracing/tracing.js';
import { type Claim, type NewRun, type RunConcurrency, type RunOutcome, type StartingEvent } from './engine/rows.js';
import { RunAdmission } from './engine/run-admission.js';
import { RunDispatcher } from './engine/run-dispatcher.js';
import { type RunExecution } from './engine/run-execution.js';
import { RunHoldings } from './engine/run-holdings.js';
import { nothingRecorded } from './engine/recorded-run.js';
import { RunLostError } from './engine/run-lost.error.js';
import { WorkerLease } from './engine/worker-lease.js';
import { RunSlots } from './engine/run-slots.js';
import { RunInputsInvalidError } from './run.errors.js';
import { RunQuota } from './quota/run-quota.js';
import { runOfKey } from './run-of-key.js';
import { concurrencyOf } from './run-concurrency.js';
import { type RunTarget } from './run-target.js';
import { type WorkflowRunSource } from './run-status.js';
import { type RunView, viewOfNew } from './run-view.js';

/** A request for a run whose target is found. */
export interface RunRequest {
  readonly userId: string;
  readonly target: RunTarget;
  readonly inputs: Json;
  readonly config: JsonObject | null;
  readonly source: WorkflowRunSource;
  readonly idempotency?: { readonly key: string; readonly requestHash: Buffer };
  /** What starts it; nobody: a request. */
  readonly cause?: RunCause;
}

/** An event that starts a run. */
export interface RunCause {
  /** uuid that the run gets: the event knows it. */
  readonly runId: string;
  readonly event: StartingEvent;
  /** What `trigger` is in the run. */
  readonly trigger: Json;
  readonly hops: number;
  /** In place of that of the workflow, if it has none. */
  readonly concurrency?: RunConcurrency | undefined;
}

/** A run that is acknowledged: in the database, or already over. */
export type StartedRun =
  | {
      readonly isNew: true;
      readonly runId: string;
      /** The run as it was a moment ago. */
      readonly view: RunView;
    }
  | {
      /** The idempotency key, or the event, has started one before … */
      readonly isNew: false;
      /** … this one; null of an event: its ledger knows which. */
      readonly runId: string | null;
      readonly view?: undefined;
    };

/**
 * Starts runs. With a free slot the run goes into the database already claimed and is executed in place; otherwise, and if
 * it has a concurrency key, it is QUEUED for whoever has a slot next. Accepted means committed, in all cases.
 */
@Injectable()
export class RunStarter {
  private readonly log = new Logger(RunStarter.name);

  constructor(
    private readonly em: EntityManager,
    private readonly slots: RunSlots,
    private readonly lease: WorkerLease,
    private readonly holdings: RunHoldings,
    private readonly admission: RunAdmission,
    private readonly dispatcher: RunDispatcher,
    private readonly quota: RunQuota,
  ) {}

  /**
   * Resolves when the run is durable; it goes on by itself.
   * @param run what was made of the request, if that was done before
   * @throws RunInputsInvalidError, ConcurrencyKeyInvalidError, ConcurrencyLimitError, RunQuotaError,
   * IdempotencyKeyReusedError, DatabaseUnavailableError
   */
  async start(request: RunRequest, run = newRun(request)): Promise<StartedRun> {
    this.refuseForeign(run);
    if (this.quota.exists) await this.quota.take(run.userId);
    if (!this.startsHere(run)) return this.enqueue(request, run);
    const execution = this.hold(request, run);
    const running = this.execute(execution);
    // It may fail before anybody waits for it.
    running.catch(() => {});
    // A run that only computes is over by then: one commit in place of two.
    await nextTurn();
    try {
      await untilDurable(execution);
    } catch (error) {
      // It may have come to an end after all, though not with what it was to keep.
      await running.catch(() => {});
      if (execution.holding.durableSince === undefined) return this.earlier(request, execution, error);
    }
    this.letGo(run, running);
    return made(run, request, execution.claim);
  }

  /**
   * Starts a run and, if it is executed in place, resolves when it is over or waits: nothing of a purely computed run needs
   * to be durable before its end, so it is one commit. A run that is queued resolves at once; wait for its end then.
   * @throws as `start`
   */
  async startAndRun(request: RunRequest, patience: number, run = newRun(request)): Promise<StartedRun> {
    this.refuseForeign(run);
    if (this.quota.exists) await this.quota.take(run.userId);
    if (!this.startsHere(run)) return this.enqueue(request, run);
    const execution = this.hold(request, run);
    const running = this.execute(execution);
    try {
      const outcome = await atMost(patience, running, () => {
        this.letGo(run, running);
        return untilDurable(execution);
      });
      if (execution.holding.durableSince !== undefined) return made(run, request, execution.claim, outcome);
      throw new RunLostError();
    } catch (error) {
      return this.earlier(request, execution, error);
    }
  }

  /** The run goes on without the request that started it: what goes wrong with it now is for the log. */
  private letGo({ runId }: NewRun, running: Promise<unknown>): void {
    running.catch((error: unknown) => {
      this.log.error({ err: error, run_id: runId }, 'A run could not be brought to its end');
    });
  }

  private async execute(execution: RunExecution): Promise<RunOutcome | undefined> {
    try {
      return await this.dispatcher.execute(execution);
    } finally {
      this.slots.release(execution.userId);
    }
  }

  /** Runs are written by the engine, which may write for everybody: so it is asked here for whom. */
  private refuseForeign({ userId }: NewRun): void {
    const owner = actingOwner();
    if (owner !== undefined && owner !== String(userId))
      throw new Error('a run was asked for in the name of somebody else');
  }

  /** Takes a slot for the run, if it needs nothing else. */
  private startsHere({ concurrency, userId }: NewRun): boolean {
    return !concurrency && this.slots.take(userId);
  }

  private hold({ target, inputs, source, config, cause }: RunRequest, run: NewRun): RunExecution {
    const { runId, createdAt, userId, hops = 0 } = run;
    return this.dispatcher.hold({
      holding: this.holdings.take(runId, 1, false),
      claim: { workerId: this.lease.workerId, fence: 1, startedAt: createdAt },
      userId,
      workflow: target.compiled,
      config,
      inputs,
      trigger: cause?.trigger ?? null,
      about: {
        workflowId: target.workflow?.uuid ?? null,
        version: target.version?.number ?? null,
        source,
        createdAt,
        tries: 1,
        depth: 0,
        hops,
      },
      known: nothingRecorded(),
      birth: run,
      ranMs: 0,
    });
  }

  private async enqueue(request: RunRequest, run: NewRun): Promise<StartedRun> {
    linkRun(run.runId);
    return (await this.admission.enqueue(run)) ? made(run, request) : this.findEarlier(request);
  }

  private earlier(request: RunRequest, { journal }: RunExecution, error: unknown): Promise<StartedRun> {
    if (journal.isRefused) return this.findEarlier(request);
    throw error;
  }

  /** The run that the idempotency key stands for. @throws IdempotencyKeyReusedError when it was for another request */
  private async findEarlier({ userId, idempotency }: RunRequest): Promise<StartedRun> {
    const earlier = idempotency && (await runOfKey(this.em, userId, idempotency));
    return { isNew: false, runId: earlier ?? null };
  }
}

/** A run that is stopped or taken away right after is accepted all the same. @throws what kept it from being durable */
async function untilDurable({ journal, holding }: RunExecution): Promise<void> {
  try {
    await journal.settled();
  } catch (error) {
    if (holding.durableSince === undefined) throw error;
  }
}

function made(run: NewRun, { target }: RunRequest, claim?: Claim, outcome?: RunOutcome): StartedRun {
  return { runId: run.runId, isNew: true, view: viewOfNew(run, target, claim, outcome) };
}

/** The run that a request asks for. @throws RunInputsInvalidError, ConcurrencyKeyInvalidError */
export function newRun(request: RunRequest): NewRun {
  const { userId, target, inputs, config, source, idempotency, cause } = request;
  const faults = target.compiled.inputs.validate(inputs);
  if (faults.length > 0) throw new RunInputsInvalidError(faults);
  return {
    runId: cause?.runId ?? newUuid(),
    userId,
    workflowId: target.workflow?.id ?? null,
    versionId: target.version?.id ?? null,
    spec: target.spec && JSON.stringify(target.spec),
    inputs: JSON.stringify(inputs),
    config: config && JSON.stringify(config),
    source,
    createdAt: Date.now(),
    concurrency:
      concurrencyOf(target, { userId, inputs, trigger: cause?.trigger ?? null, source }) ?? cause?.concurrency,
    idempotency,
    ...(cause && { event: cause.event, hops: cause.hops }),
  };
}

/** The result of the work; undefined if it takes longer than `patience` milliseconds, then after `instead` is done. */
async function atMost<Result>(
  patience: number,
  work: Promise<Result>,
  instead: () => Promise<void>,
): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), patience);
  });
  try {
    const first = await Promise.race([work, late]);
    if (first !== 'late') return first;
    await instead();
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
