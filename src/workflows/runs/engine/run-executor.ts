import { Injectable, Logger } from '@nestjs/common';
import { faultPoint } from '../../../common/fault-point.js';
import { type Json } from '../../../common/json.js';
import { makePublicId } from '../../../common/public-id.js';
import { isStorable } from '../../../common/storable-text.js';
import { inSpan } from '../../../common/tracing/tracing.js';
import { type ModelAnswer, ModelRunner, ToolRunner, type UsedCredential } from '../../../integrations/index.js';
import { NodeFailure } from '../../compiler/node-failure.js';
import { type RunContext } from '../../compiler/run-context.js';
import { timerDelay } from '../../compiler/timers.js';
import { type Execution, type ModelCall, type Scope, type ToolCall } from '../../nodes/execution.js';
import { NodeError, RunPaused, RunStopped } from '../../nodes/node-error.js';
import { limits } from '../../spec/limits.js';
import { ChildRuns } from './child-runs.js';
import { type RunExecution } from './run-execution.js';
import { RunHoldings } from './run-holdings.js';
import { RunDeltas } from './run-deltas.js';
import { isEnd, type RunEnd, type RunErrorDetail, type RunOutcome, type RunPause } from './rows.js';
import { RunCancelledError, RunHandedBackError, RunLostError } from './run-lost.error.js';
import { countExecuted, leasesLost, startDelay } from './run-metrics.js';
import { RunQueue } from './run-queue.js';
import { runSpan, tellOutcome } from './run-span.js';

/** Executes a run until it is over or has to wait. */
@Injectable()
export class RunExecutor {
  private readonly log = new Logger(RunExecutor.name);

  constructor(
    private readonly tools: ToolRunner,
    private readonly models: ModelRunner,
    private readonly deltas: RunDeltas,
    private readonly children: ChildRuns,
    private readonly holdings: RunHoldings,
    private readonly queue: RunQueue,
  ) {}

  /**
   * @returns how the execution came out, after that is durable; undefined when the run is no longer this process's.
   * @throws DatabaseUnavailableError when it could not be recorded: the run is still to be executed.
   */
  async execute(run: RunExecution): Promise<RunOutcome | undefined> {
    const { holding, about } = run;
    if (holding.fence === 1) startDelay.observe(Math.max(0, about.startedAt - about.createdAt) / 1_000);
    return inSpan(
      () => runSpan(run),
      async (span) => {
        const outcome = await this.bringOn(run);
        if (span) tellOutcome(span, outcome);
        return outcome;
      },
    );
  }

  private async bringOn(run: RunExecution): Promise<RunOutcome | undefined> {
    const { holding, timeout } = run;
    const left = timeout - run.ranMs;
    const timer = setTimeout(() => holding.stop.abort(new RunTimeout(timeout)), timerDelay(left));
    try {
      const outcome = await this.finish(run, await this.run(run, left, holding.stop.signal));
      countExecuted(outcome, run.ranMs + performance.now() - holding.since);
      if (isEnd(outcome)) await this.cancelChildren(run);
      return outcome;
    } catch (error) {
      if (!(error instanceof RunLostError)) throw error;
      await this.letGo(run, error);
      return undefined;
    } finally {
      clearTimeout(timer);
      this.holdings.leave(holding);
    }
  }

  /** The run is over and that is durable, whatever becomes of this: `RunSweeper` does it in a minute. */
  private async cancelChildren({ holding: { runId }, journal }: RunExecution): Promise<void> {
    try {
      await this.children.cancelOf(runId, journal);
    } catch (error) {
      this.log.warn({ err: error, run_id: runId }, 'The runs that this one has started are still to be cancelled');
    }
  }

  /** If the database refuses what the run leaves, the run still gets an end, though nothing but that. */
  private async finish(run: RunExecution, outcome: RunOutcome): Promise<RunOutcome> {
    try {
      await run.journal.finish(outcome);
      return outcome;
    } catch (error) {
      if (error instanceof RunLostError || isInfrastructure(error)) throw error;
      const failed = this.failed(run, error);
      await run.journal.finish(failed);
      return failed;
    }
  }

  /** What was under way may still be recorded; a run that is handed back goes on elsewhere. */
  private async letGo({ holding, journal }: RunExecution, reason: RunLostError): Promise<void> {
    await journal.leave();
    if (!(reason instanceof RunHandedBackError)) {
      if (!(reason instanceof RunCancelledError)) leasesLost.add();
      return;
    }
    await this.queue.handBack(holding.runId, holding.fence, performance.now() - holding.since);
  }

  private async run(run: RunExecution, left: number, signal: AbortSignal): Promise<RunOutcome> {
    const { workflow, journal } = run;
    const context: RunContext = {
      journal,
      signal,
      waitsForReconnect: workflow.spec.settings?.on_reauth === 'wait',
      callTool: (call, at) => this.callTool(run, call, at),
      askModel: (call, at) => this.askModel(run, call, at),
      listFunctions: ({ inputs: fixed, nodeId, ...call }, { signal: stop }) =>
        this.tools.functions({ ...call, fixed, userId: run.userId, signal: stop, onUse: noteUse(run, nodeId) }),
      callWorkflow: (call, at) => this.children.call(run, call, at),
    };
    try {
      if (left <= 0 || Date.now() > deadlineOf(run)) throw new RunTimeout(run.timeout);
      const { value, scope } = await workflow.block.run(scopeOf(run.holding.runId, run), '', context);
      // It has waited for them, but for those that a timeout gave up: these are found by `RunSweeper`.
      journal.mayHaveChildren = false;
      return completed(workflow.output ? workflow.output(scope) : value);
    } catch (error) {
      if (error instanceof RunStopped) return completed(error.output);
      if (error instanceof RunPaused && !signal.aborted) return pauseOf(run);
      const cause: unknown = signal.aborted ? signal.reason : error;
      if (cause instanceof RunLostError || isInfrastructure(cause)) throw cause;
      return this.failed(run, cause);
    }
  }

  private async callTool(run: RunExecution, { nodeId, ...call }: ToolCall, at: Execution): Promise<Json> {
    const { holding, userId } = run;
    const { path, signal } = at;
    const idempotencyKey = `${makePublicId('run', holding.runId)}:${nodeId}:${path}`;
    faultPoint('before-effect');
    const output = await this.tools.run({ ...call, userId, signal, idempotencyKey, onUse: noteUse(run, nodeId) });
    faultPoint('after-effect');
    return output;
  }

  private async askModel(run: RunExecution, { nodeId, ...question }: ModelCall, at: Execution): Promise<ModelAnswer> {
    const { holding, journal, userId, workflow } = run;
    const left = (workflow.spec.settings?.token_budget ?? Infinity) - journal.tokens;
    if (left <= 0) {
      const message = `The run has used ${journal.tokens} tokens, as many as settings.token_budget allows.`;
      throw new NodeError('token-budget', message);
    }
    const maxTokens = Math.min(question.maxTokens ?? Infinity, left);
    faultPoint('before-effect');
    const telling = this.deltas.teller(holding.runId, { node_id: nodeId, path: at.path, attempt: at.attempt });
    const limited = { ...question, ...(maxTokens < Infinity && { maxTokens }) };
    try {
      return await this.models.ask({
        ...limited,
        userId,
        signal: at.signal,
        onUse: noteUse(run, nodeId),
        onText: telling.add,
      });
    } finally {
      telling.end();
      faultPoint('after-effect');
    }
  }

  private failed({ holding: { runId } }: RunExecution, error: unknown): RunEnd {
    if (error instanceof NodeFailure) {
      if (error.detail.code === 'internal-error')
        this.log.error({ err: error.cause, run_id: runId }, 'A node failed inside Seer');
      return end('FAILED', null, error.message, error.detail);
    }
    if (error instanceof RunTimeout) return end('FAILED', null, error.message, { code: 'run-timeout' });
    if (hasCode(error)) return end('FAILED', null, `The output of the run: ${error.message}`, { code: error.code });
    this.log.error({ err: error, run_id: runId }, 'A run failed inside Seer');
    return end('FAILED', null, 'The run failed for a reason inside Seer; the log has it.', { code: 'internal-error' });
  }
}

/** The time of a run is over. */
class RunTimeout extends Error {
  override readonly name = 'RunTimeout';
  constructor(limit: number) {
    super(`The run took longer than its timeout of ${limit} ms, or than 30 days with all its waiting.`);
  }
}

function noteUse({ journal, userId }: RunExecution, nodeId: string): (used: UsedCredential) => void {
  return (used) => journal.use(used, nodeId, userId);
}

function deadlineOf({ about }: RunExecution): number {
  return about.createdAt + limits.runLifetime;
}

/** Everything here stays the same when the run is executed again: a replay must take the same way. */
export function scopeOf(
  runId: string,
  { inputs, trigger, about }: Pick<RunExecution, 'inputs' | 'trigger' | 'about'>,
): Scope {
  const run = {
    id: makePublicId('run', runId),
    workflow_id: about.workflowId && makePublicId('workflow', about.workflowId),
    version: about.version,
    source: about.source,
    started_at: new Date(about.startedAt).toISOString(),
    attempt: about.tries,
  };
  return { inputs, trigger, run };
}

function pauseOf(run: RunExecution): RunPause {
  const { waits } = run.journal;
  const ends = [...waits.values()].flatMap(({ until }) => (until === undefined ? [] : [Date.parse(until)]));
  return {
    status: 'WAITING',
    waitingFor: Object.fromEntries(waits),
    wakeAt: Math.min(deadlineOf(run), ...ends),
    ranMs: performance.now() - run.holding.since,
    answers: run.answered,
  };
}

function completed(output: Json): RunEnd {
  const text = JSON.stringify(output ?? null);
  if (isStorable(text)) return end('COMPLETED', text, null, null);
  return end('FAILED', null, 'The output of the run holds a NUL character or half a surrogate pair.', {
    code: 'output-invalid',
  });
}

function end(
  status: RunEnd['status'],
  outputs: string | null,
  error: string | null,
  errorDetail: RunErrorDetail | null,
): RunEnd {
  return { status, outputs, error, errorDetail, completedAt: Date.now() };
}

/** The database is away: that says nothing about the run. */
function isInfrastructure(error: unknown): boolean {
  return error instanceof Error && 'kind' in error && error.kind === 'unavailable';
}

function hasCode(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'expression' in error;
}
