import { outsideOfRequests } from '../../common/http/current-request.js';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Fault } from '../../common/errors.js';
import { type IdempotencyOfRequest } from '../../common/http/idempotency/idempotent.js';
import { type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { makePublicId, newUuid } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { NodeError } from '../nodes/node-error.js';
import { RunAdmission } from '../runs/engine/run-admission.js';
import { countStarted } from '../runs/engine/run-metrics.js';
import { textOfValue } from '../runs/engine/value-text.js';
import { concurrencyOf } from '../runs/run-concurrency.js';
import { RunInputsInvalidError, RunNotFoundError } from '../runs/run.errors.js';
import { runOfKey } from '../runs/run-of-key.js';
import { RunQuota } from '../runs/quota/run-quota.js';
import { RunReader } from '../runs/run-reader.js';
import { type RunAnswer } from '../runs/runs.service.js';
import { limits } from '../spec/limits.js';
import { type ForkRunRequest } from './checkpoint.dto.js';
import { CheckpointsService, isOutsideOfLoops } from './checkpoints.service.js';
import { forkStatement } from './fork-statement.js';
import { ForkValuesInvalidError, RunNotRetryableError } from './history.errors.js';
import { ALL_STEPS, type PastRun, PastRuns, type PastStep } from './past-runs.js';

/** What a new run takes from another one, and what it changes. */
interface Fork {
  readonly origin: PastRun;
  /** Number of the last step that it takes. */
  readonly upTo: number;
  readonly tries: number;
  /** In place of those of the origin: JSON text, and the concurrency key that they have. */
  readonly inputs?: { readonly text: string; readonly concurrencyKey: string | null };
  /** JSON text of values by path, in place of recorded ones. */
  readonly values?: ReadonlyMap<string, string>;
}

/**
 * Makes new runs that begin in the middle of others. What was done before that point is their record, so it is not done
 * again; a run that is over stays as it is.
 */
@Injectable()
export class ForksService {
  constructor(
    private readonly em: EntityManager,
    private readonly past: PastRuns,
    private readonly checkpoints: CheckpointsService,
    private readonly reader: RunReader,
    private readonly admission: RunAdmission,
    private readonly quota: RunQuota,
  ) {}

  /**
   * A new run from a checkpoint on, with other values if wanted.
   * @throws RunNotFoundError, CheckpointNotFoundError, ForkValuesInvalidError, RunInputsInvalidError,
   * ConcurrencyKeyInvalidError, RunQuotaError, IdempotencyKeyReusedError
   */
  async fork(
    caller: Principal,
    publicId: string,
    { checkpoint_id: checkpointId, values, inputs }: ForkRunRequest,
    idempotency?: IdempotencyOfRequest,
  ): Promise<RunAnswer> {
    const origin = await this.past.find(caller, publicId);
    const { step: upTo } = await this.checkpoints.find(origin, checkpointId);
    const fork: Fork = {
      origin,
      upTo,
      tries: origin.tries,
      inputs: inputs === undefined ? undefined : await this.newInputs(caller, origin, inputs),
      values: values && valueTexts(await this.past.steps(origin, upTo), values),
    };
    return this.start(caller, fork, idempotency);
  }

  /**
   * A new run that tries again what has failed or was cancelled, with everything that was done before.
   * @throws RunNotFoundError, RunNotRetryableError, RunQuotaError, IdempotencyKeyReusedError
   */
  async retry(caller: Principal, publicId: string, idempotency?: IdempotencyOfRequest): Promise<RunAnswer> {
    const origin = await this.past.find(caller, publicId);
    if (!isRetryable(origin)) throw new RunNotRetryableError(publicId, origin.status);
    return this.start(caller, { origin, upTo: ALL_STEPS, tries: origin.tries + 1 }, idempotency);
  }

  private async start(caller: Principal, fork: Fork, idempotency?: IdempotencyOfRequest): Promise<RunAnswer> {
    await this.quota.take(caller.userId);
    const { runId, isNew, concurrencyKey } = await this.insert(caller, fork, idempotency);
    const run = await this.reader.get(caller, makePublicId('run', runId));
    if (isNew) {
      countStarted(run.source);
      this.admission.entered(concurrencyKey);
    }
    return { run, isNew };
  }

  private async insert(
    { userId }: Principal,
    { origin, upTo, tries, inputs, values = new Map() }: Fork,
    idempotency?: IdempotencyOfRequest,
  ): Promise<{ runId: string; isNew: boolean; concurrencyKey: string | null }> {
    const runId = newUuid();
    const changed = [...values].map(([path, text]) => `{"path":"${path}","value":${text}}`);
    const given = [
      ...[runId, origin.run_id, upTo, tries],
      // JSON null is SQL NULL in the table.
      ...[inputs !== undefined, inputs && inputs.text !== 'null' ? inputs.text : null, inputs?.concurrencyKey ?? null],
      // By the clock that its id is made by: lists by time rely on that.
      ...[userId, idempotency?.key ?? null, idempotency?.requestHash ?? null, new Date()],
      `[${changed.join(',')}]`,
    ];
    // The origin was found as the caller's. Steps of a run that is made by the same statement cannot be seen to be theirs.
    const [row] = await outsideOfRequests(() =>
      this.em.execute<[{ concurrency_key: string | null }?]>(forkStatement, given),
    );
    if (row) return { runId, isNew: true, concurrencyKey: row.concurrency_key };
    const earlier = idempotency && (await runOfKey(this.em, userId, idempotency));
    // The origin was deleted meanwhile.
    if (!earlier) throw new RunNotFoundError(makePublicId('run', origin.run_id));
    return { runId: earlier, isNew: false, concurrencyKey: null };
  }

  private async newInputs({ userId }: Principal, run: PastRun, inputs: Json): Promise<Fork['inputs']> {
    const compiled = await this.past.workflowOf(run);
    const faults = compiled.inputs.validate(inputs);
    if (faults.length > 0) throw new RunInputsInvalidError(faults);
    const { workflow_id: id, workflow_uuid: uuid, version_id: versionId, version_number: number, source } = run;
    const target = {
      compiled,
      workflow: id && uuid ? { id, uuid } : null,
      version: versionId && number ? { id: versionId, number } : null,
      spec: null,
    };
    const trigger = await this.past.triggerOf(run);
    const concurrency = concurrencyOf(target, { userId, inputs, trigger, source });
    return { text: JSON.stringify(inputs), concurrencyKey: concurrency?.key ?? null };
  }
}

/** Whether trying again is possible at all. */
export function isRetryable({ status }: Pick<PastRun, 'status'>): boolean {
  return status === 'FAILED' || status === 'CANCELLED';
}

/**
 * The values of a fork as JSON text by path; the same limits hold for them as for values that nodes give.
 * @throws ForkValuesInvalidError
 */
export function valueTexts(steps: readonly PastStep[], values: JsonObject): Map<string, string> {
  const recorded = new Set(steps.filter(isOutsideOfLoops).map(({ path }) => path));
  const texts = new Map<string, string>();
  const faults: Fault[] = [];
  for (const [nodeId, output] of Object.entries(values)) {
    const pointer = pointerTo('/values', nodeId);
    if (!recorded.has(nodeId)) {
      const message = `the checkpoint has no value of "${nodeId}"`;
      faults.push({ pointer, code: 'node-not-recorded', message, node_id: nodeId });
      continue;
    }
    try {
      texts.set(nodeId, textOfValue({ path: nodeId, output }));
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      faults.push({ pointer, code: error.code, message: error.message, node_id: nodeId });
    }
  }
  if (faults.length > 0) throw new ForkValuesInvalidError(faults);
  refuseTooMuch(steps, texts);
  return texts;
}

function refuseTooMuch(steps: readonly PastStep[], texts: ReadonlyMap<string, string>): void {
  const all = steps.map(({ path, output }) => texts.get(path) ?? JSON.stringify(output));
  if (all.reduce((sum, { length }) => sum + length, 0) <= limits.stateBytes) return;
  const message = `with them, the values of the run have more than ${limits.stateBytes} bytes together`;
  throw new ForkValuesInvalidError([{ pointer: '/values', code: 'state-too-large', message }]);
}
