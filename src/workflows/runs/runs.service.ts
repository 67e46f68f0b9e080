import { Injectable } from '@nestjs/common';
import { type Json, type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { MAX_NUMBER } from '../workflow-draft.dto.js';
import { RunWaiter } from './run-waiter.js';
import { RunReader } from './run-reader.js';
import { RunStarter, type RunRequest, type StartedRun } from './run-starter.js';
import { type RunTarget, RunTargets, type RunVersion } from './run-target.js';
import { type RunConfig, RunResponse, type StartAdHocRunRequest, type StartRunRequest } from './run.dto.js';
import { RunVersionInvalidError } from './run.errors.js';
import { type RunView } from './run-view.js';

/** How a caller wants a run started. */
export interface StartOptions {
  readonly mode: 'async' | 'sync';
  readonly idempotency?: RunRequest['idempotency'];
}

/** A run, and whether this request made it. */
export interface RunAnswer {
  readonly run: RunResponse;
  readonly isNew: boolean;
}

@Injectable()
export class RunsService {
  constructor(
    private readonly targets: RunTargets,
    private readonly starter: RunStarter,
    private readonly reader: RunReader,
    private readonly waiter: RunWaiter,
  ) {}

  /**
   * Runs a workflow.
   * @throws RunVersionInvalidError, WorkflowNotFoundError, NotPublishedError, VersionNotFoundError, SpecInvalidProblem, and as
   * `RunStarter.start`
   */
  async start(
    caller: Principal,
    workflowId: string,
    request: StartRunRequest,
    options: StartOptions,
  ): Promise<RunAnswer> {
    const target = await this.targets.ofWorkflow(caller, workflowId, versionOf(request.version));
    return this.run(caller, target, request, options);
  }

  /** Runs a spec that is stored nowhere else. @throws SpecInvalidProblem, and as `RunStarter.start` */
  async startAdHoc(caller: Principal, request: StartAdHocRunRequest, options: StartOptions): Promise<RunAnswer> {
    return this.run(caller, await this.targets.ofSpec(request.spec), request, options);
  }

  private async run(
    caller: Principal,
    target: RunTarget,
    { inputs = {}, config }: { inputs?: Json; config?: RunConfig },
    { mode, idempotency }: StartOptions,
  ): Promise<RunAnswer> {
    const request: RunRequest = {
      userId: caller.userId,
      target,
      inputs,
      config: config ? ({ ...config } as JsonObject) : null,
      source: 'MANUAL',
      idempotency,
    };
    if (mode === 'async') {
      const started = await this.starter.start(request);
      return this.answer(caller, started, started.view);
    }
    const { started, end } = await this.waiter.startAndWait(caller.userId, (patience) =>
      this.starter.startAndRun(request, patience),
    );
    return this.answer(caller, started, end);
  }

  private async answer(caller: Principal, { isNew, runId }: StartedRun, view: RunView | undefined): Promise<RunAnswer> {
    if (view) return { run: RunResponse.from(view), isNew };
    if (runId === null) throw new Error('an idempotency key was taken and free at the same moment');
    return { run: await this.reader.get(caller, makePublicId('run', runId)), isNew };
  }
}

function versionOf(version: Json | undefined): RunVersion {
  if (version === undefined || version === null) return 'published';
  if (version === 'published' || version === 'draft') return version;
  if (typeof version === 'number' && Number.isInteger(version) && version > 0 && version <= MAX_NUMBER) return version;
  throw new RunVersionInvalidError();
}
