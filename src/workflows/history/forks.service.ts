import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Fault } from '../../common/errors.js';
import { type IdempotencyOfRequest } from '../../common/http/idempotency/idempotent.js';
import { type Json, type JsonObject, pointerTo } from '../../common/json.js';
import { makePublicId, newUuid } from '../../common/public-id.js';
import { type Principal } from '../../users/index.js';
import { NodeError } from '../nodes/node-error.js';
import { RunDispatcher } from '../runs/engine/run-dispatcher.js';
import { RunNotices } from '../runs/engine/run-notices.js';
import { textOfValue } from '../runs/engine/value-text.js';
import { RunInputsInvalidError, RunNotFoundError } from '../runs/run.errors.js';
import { runOfKey } from '../runs/run-of-key.js';
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
  /** JSON text of the inputs, in place of those of the origin. */
  readonly inputs?: string;
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
    private readonly dispatcher: RunDispatcher,
    private readonly notices: RunNotices,
  ) {}

  /**
   * A new run from a checkpoint on, with other values if wanted.
   * @throws RunNotFoundError, CheckpointNotFoundError, ForkValuesInvalidError, RunInputsInvalidError, IdempotencyKeyReusedError
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
      inputs: inputs === undefined ? undefined : await this.inputsText(origin, inputs),
      values: values && valueTexts(await this.past.steps(origin, upTo), values),
    };
    return this.start(caller, fork, idempotency);
  }

  /**
   * A new run that tries again what has failed or was cancelled, with everything that was done before.
   * @throws RunNotFoundError, RunNotRetryableError, IdempotencyKeyReusedError
   */
  async retry(caller: Principal, publicId: string, idempotency?: IdempotencyOfRequest): Promise<RunAnswer> {
    const origin = await this.past.find(caller, publicId);
    if (!isRetryable(origin)) throw new RunNotRetryableError(publicId, origin.status);
    return this.start(caller, { origin, upTo: ALL_STEPS, tries: origin.tries + 1 }, idempotency);
  }

  private async start(caller: Principal, fork: Fork, idempotency?: IdempotencyOfRequest): Promise<RunAnswer> {
    const { runId, isNew } = await this.insert(caller, fork, idempotency);
    const run = await this.reader.get(caller, makePublicId('run', runId));
    if (isNew) {
      this.dispatcher.wake();
      this.notices.tell('queued');
    }
    return { run, isNew };
  }

  private async insert(
    { userId }: Principal,
    { origin, upTo, tries, inputs, values = new Map() }: Fork,
    idempotency?: IdempotencyOfRequest,
  ): Promise<{ runId: string; isNew: boolean }> {
    const runId = newUuid();
    const changed = [...values].map(([path, text]) => `{"path":"${path}","value":${text}}`);
    const rows = await this.em.execute<unknown[]>(forkStatement, [
      ...[runId, origin.run_id, upTo, tries],
      // JSON null is SQL NULL in the table.
      ...[inputs !== undefined, inputs === 'null' ? null : (inputs ?? null)],
      ...[userId, idempotency?.key ?? null, idempotency?.requestHash ?? null],
      `[${changed.join(',')}]`,
    ]);
    if (rows.length > 0) return { runId, isNew: true };
    const earlier = idempotency && (await runOfKey(this.em, userId, idempotency));
    // The origin was deleted meanwhile.
    if (!earlier) throw new RunNotFoundError(makePublicId('run', origin.run_id));
    return { runId: earlier, isNew: false };
  }

  private async inputsText(run: PastRun, inputs: Json): Promise<string> {
    const faults = (await this.past.workflowOf(run)).inputs.validate(inputs);
    if (faults.length > 0) throw new RunInputsInvalidError(faults);
    return JSON.stringify(inputs);
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
