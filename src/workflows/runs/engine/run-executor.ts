import { Injectable, Logger } from '@nestjs/common';
import { type Json } from '../../../common/json.js';
import { makePublicId } from '../../../common/public-id.js';
import { isStorable } from '../../../common/storable-text.js';
import { ToolRunner } from '../../../integrations/index.js';
import { type CompiledWorkflow } from '../../compiler/compile-workflow.js';
import { NodeFailure } from '../../compiler/node-failure.js';
import { type RunContext } from '../../compiler/run-context.js';
import { timerDelay } from '../../compiler/timers.js';
import { type Execution, type Scope, type ToolCall } from '../../nodes/execution.js';
import { RunStopped } from '../../nodes/node-error.js';
import { type WorkflowRunSource } from '../run-status.js';
import { type RunEnd, type RunErrorDetail } from './rows.js';
import { type RunJournal, RunLostError } from './run-journal.js';

/** A run that this process holds. */
export interface HeldRun {
  readonly runId: string;
  readonly workflow: CompiledWorkflow;
  readonly journal: RunJournal;
  /** Satisfies the workflow's schema, defaults filled in. */
  readonly inputs: Json;
  readonly trigger: Json;
  /** `workflowId` is the uuid of the workflow. */
  readonly about: {
    workflowId: string | null;
    version: number | null;
    source: WorkflowRunSource;
    startedAt: number;
    attempt: number;
  };
}

/** Executes a run to its end. */
@Injectable()
export class RunExecutor {
  private readonly log = new Logger(RunExecutor.name);

  constructor(private readonly tools: ToolRunner) {}

  /**
   * @returns how the run ended, after that is durable; undefined when another process holds the run now.
   * @throws DatabaseUnavailableError when the end could not be recorded: the run is still to be executed.
   */
  async execute(run: HeldRun): Promise<RunEnd | undefined> {
    const stop = new AbortController();
    const { timeout } = run.workflow;
    const timer = setTimeout(() => stop.abort(new RunTimeout(timeout)), timerDelay(timeout));
    try {
      return await this.finish(run, await this.run(run, stop.signal));
    } catch (error) {
      if (error instanceof RunLostError) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** If the database refuses what the run leaves, the run still gets an end, though nothing but that. */
  private async finish(run: HeldRun, end: RunEnd): Promise<RunEnd> {
    try {
      await run.journal.finish(end);
      return end;
    } catch (error) {
      if (error instanceof RunLostError || isInfrastructure(error)) throw error;
      const failed = this.failed(run, error);
      await run.journal.finish(failed);
      return failed;
    }
  }

  private async run(run: HeldRun, signal: AbortSignal): Promise<RunEnd> {
    const { workflow, journal } = run;
    const context: RunContext = {
      journal,
      signal,
      callTool: (call, at) => this.callTool(run, call, at),
    };
    try {
      const { value, scope } = await workflow.block.run(scopeOf(run), '', context);
      return completed(workflow.output ? workflow.output(scope) : value);
    } catch (error) {
      if (error instanceof RunStopped) return completed(error.output);
      const cause: unknown = signal.aborted ? signal.reason : error;
      if (cause instanceof RunLostError || isInfrastructure(cause)) throw cause;
      return this.failed(run, cause);
    }
  }

  private callTool({ runId }: HeldRun, { nodeId, tool, inputs }: ToolCall, { path, signal }: Execution): Promise<Json> {
    const idempotencyKey = `${makePublicId('run', runId)}:${nodeId}:${path}`;
    return this.tools.run({ tool, inputs, signal, idempotencyKey });
  }

  private failed(run: HeldRun, error: unknown): RunEnd {
    if (error instanceof NodeFailure) {
      if (error.detail.code === 'internal-error')
        this.log.error({ err: error.cause, run_id: run.runId }, 'A node failed inside Seer');
      return end('FAILED', null, error.message, error.detail);
    }
    if (error instanceof RunTimeout) return end('FAILED', null, error.message, { code: 'run-timeout' });
    if (hasCode(error)) return end('FAILED', null, `The output of the run: ${error.message}`, { code: error.code });
    this.log.error({ err: error, run_id: run.runId }, 'A run failed inside Seer');
    return end('FAILED', null, 'The run failed for a reason inside Seer; the log has it.', { code: 'internal-error' });
  }
}

/** The time of a run is over. */
class RunTimeout extends Error {
  override readonly name = 'RunTimeout';
  constructor(limit: number) {
    super(`The run took longer than its timeout of ${limit} ms.`);
  }
}

function scopeOf({ runId, inputs, trigger, about }: HeldRun): Scope {
  const run = {
    id: makePublicId('run', runId),
    workflow_id: about.workflowId && makePublicId('workflow', about.workflowId),
    version: about.version,
    source: about.source,
    started_at: new Date(about.startedAt).toISOString(),
    attempt: about.attempt,
  };
  return { inputs, trigger, run };
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
