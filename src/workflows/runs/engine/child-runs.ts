import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { retryDeadlocks } from '../../../common/database/deadlocks.js';
import { DomainError } from '../../../common/errors.js';
import { faultPoint } from '../../../common/fault-point.js';
import { type Json, type JsonObject } from '../../../common/json.js';
import { makePublicId, newUuid } from '../../../common/public-id.js';
import { pauseAt } from '../../compiler/run-context.js';
import { type Execution, type WorkflowCall } from '../../nodes/execution.js';
import { NodeError } from '../../nodes/node-error.js';
import { type Pause } from '../../nodes/pause.js';
import { limits } from '../../spec/limits.js';
import { concurrencyOf } from '../run-concurrency.js';
import { ConcurrencyLimitError } from '../run.errors.js';
import { type RunTarget, RunTargets } from '../run-target.js';
import { isFinal, type WorkflowRunStatus } from '../run-status.js';
import { cancelRuns, PARENT_IS_OVER } from './cancel-runs.js';
import { type RunExecution } from './run-execution.js';
import { type RunJournal } from './run-journal.js';
import { type NewRun, type RunConcurrency } from './rows.js';
import { RunAdmission } from './run-admission.js';
import { RunNews } from './run-news.js';
import { RunBroadcasts } from './run-broadcasts.js';
import { RunSlots } from './run-slots.js';

/** A child that ends within this time is waited for in place: cheaper than to pause the parent and replay it. */
const PATIENCE_MS = 1_000;

interface Outcome {
  status: WorkflowRunStatus;
  outputs: Json;
  error: string | null;
  error_detail: JsonObject | null;
}

/** Runs of `workflow` nodes: children with a row of their own that their parents wait for. */
@Injectable()
export class ChildRuns {
  constructor(
    private readonly em: EntityManager,
    private readonly targets: RunTargets,
    private readonly admission: RunAdmission,
    private readonly slots: RunSlots,
    private readonly news: RunNews,
    private readonly broadcasts: RunBroadcasts,
  ) {}

  /**
   * Starts the child, unless an earlier execution has, and gives its output when it is over.
   * @throws RunPaused while it is not; NodeError when it did not complete or can't be started
   */
  async call(parent: RunExecution, call: WorkflowCall, { path, attempt }: Execution): Promise<Json> {
    const { journal, holding } = parent;
    journal.mayHaveChildren = true;
    // Another attempt is another child.
    const at = attempt === 1 ? path : `${path}#${attempt}`;
    const begun = journal.pauseAt(at) ?? journal.endOfPause(at);
    const childId = begun ? await this.find(holding.runId, at) : await this.start(parent, call, at);
    const outcome = await this.outcome(childId, !begun && this.slots.free > 0);
    if (!outcome) {
      pauseAt(journal, at, (): Pause => ({
        type: 'workflow',
        node_id: call.nodeId,
        run_id: makePublicId('run', childId),
      }));
      throw new Error(`run ${childId} was answered but is not over`);
    }
    return valueOf(childId, outcome);
  }

  /** The parent is over: nobody waits for the children that are not. */
  async cancelOf(parentId: string, { mayHaveChildren }: RunJournal): Promise<void> {
    if (!mayHaveChildren) return;
    const children = {
      where: 'parent_run_id = ?',
      values: [parentId],
      error: PARENT_IS_OVER,
    };
    const cancelled = await retryDeadlocks(() => cancelRuns(this.em.fork(), children));
    this.broadcasts.cancelled(cancelled);
  }

  private async start(parent: RunExecution, call: WorkflowCall, path: string): Promise<string> {
    const { about, userId, holding } = parent;
    const depth = about.depth + 1;
    if (depth >= limits.depth) {
      throw new NodeError(
        'depth-exceeded',
        `${limits.depth} runs are inside one another; ${call.nodeId} would add one.`,
      );
    }
    const target = await this.target(userId, call);
    const faults = target.compiled.inputs.validate(call.inputs);
    if (faults.length > 0) {
      const message = `The inputs of ${call.nodeId} do not satisfy ${call.workflowId}: ${faults[0]!.message}`;
      throw new NodeError('input-invalid', message, false, faults as unknown as Json);
    }
    const runId = newUuid();
    const run: NewRun = {
      runId,
      userId,
      workflowId: target.workflow!.id,
      versionId: target.version!.id,
      spec: null,
      inputs: JSON.stringify(call.inputs),
      config: null,
      source: about.source,
      createdAt: Date.now(),
      parent: { runId: holding.runId, path, depth },
      hops: about.hops,
      concurrency: await this.concurrency(parent, call, target),
    };
    const isNew = await orNodeError(call, () => this.admission.enqueue(run));
    faultPoint('after-child');
    return isNew ? runId : this.find(holding.runId, path);
  }

  private target(userId: string, call: WorkflowCall): Promise<RunTarget> {
    return orNodeError(call, () => this.targets.ofVersion({ userId }, call.workflowId, call.version));
  }

  private async concurrency(
    { userId, about, holding }: RunExecution,
    call: WorkflowCall,
    target: RunTarget,
  ): Promise<RunConcurrency | undefined> {
    const { inputs } = call;
    const of = { userId, inputs, trigger: null, source: about.source };
    const concurrency = await orNodeError(call, () => concurrencyOf(target, of));
    if (concurrency && concurrency.onLimit !== 'drop' && (await this.admission.holds(holding.runId, concurrency.key))) {
      // It would wait for a place that is free only when it is over.
      throw new NodeError(
        'concurrency-limit',
        `${call.nodeId} cannot run ${call.workflowId}: a run that it is part of has a place of the same concurrency key.`,
      );
    }
    return concurrency;
  }

  private async find(parentId: string, path: string): Promise<string> {
    const [row] = await this.em
      .fork()
      .execute<[{ run_id: string }?]>('select run_id from workflow_run where parent_run_id = ? and parent_path = ?', [
        parentId,
        path,
      ]);
    if (!row) throw new Error(`the child of ${parentId} at ${path} is gone`);
    return row.run_id;
  }

  /** Undefined while the child is not over. */
  private async outcome(runId: string, patiently: boolean): Promise<Outcome | undefined> {
    const announced = patiently ? this.news.next(runId, PATIENCE_MS) : undefined;
    await announced;
    const [row] = await this.em
      .fork()
      .execute<[Outcome?]>('select status, outputs, error, error_detail from workflow_run where run_id = ?', [runId]);
    return row && isFinal(row.status) ? row : undefined;
  }
}

/** What a caller would be told about a run that can't be started, as the failure of the node. */
async function orNodeError<Result>(
  { nodeId, workflowId }: WorkflowCall,
  work: () => Promise<Result> | Result,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error;
    // A place within a limit may be free a little later.
    const retryable = error instanceof ConcurrencyLimitError;
    throw new NodeError(error.code, `${nodeId} cannot run ${workflowId}: ${error.message}`, retryable);
  }
}

function valueOf(childId: string, { status, outputs, error, error_detail: detail }: Outcome): Json {
  if (status === 'COMPLETED') return outputs;
  const runId = makePublicId('run', childId);
  if (status === 'CANCELLED')
    throw new NodeError('workflow-cancelled', `${runId} was cancelled.`, true, { run_id: runId });
  throw new NodeError('workflow-failed', `${runId} failed: ${error ?? ''}`, true, { run_id: runId, error: detail });
}
