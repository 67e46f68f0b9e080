import { type Json } from '../../../common/json.js';
import { isDeeperThan } from '../../../common/json-depth.js';
import { isStorable } from '../../../common/storable-text.js';
import { type Effect } from '../../../integrations/index.js';
import { type Journal, type StepRecord } from '../../compiler/run-context.js';
import { NodeError } from '../../nodes/node-error.js';
import { limits } from '../../spec/limits.js';
import { type GroupCommitter, type Write } from './group-committer.js';
import { type Claim, type JsonText, type NewRun, type RunEnd, type StepRow } from './rows.js';

/** Another process holds the run now: this one stops silently, whatever it has not committed is void. */
export class RunLostError extends Error {
  override readonly name = 'RunLostError';
}

/** What was recorded of a run before, by path. */
export interface RecordedSteps {
  /** Outputs of steps that came to their end. */
  readonly outputs: Map<string, { output: Json }>;
  /** Attempts so far. */
  readonly attempts: Map<string, number>;
}

export function nothingRecorded(): RecordedSteps {
  return { outputs: new Map(), attempts: new Map() };
}

/**
 * The journal of one execution of a run. Steps without effect wait here for the next durable point, so a purely
 * computed run is one commit. `birth` is a run that is not in the database yet: it goes in with the first commit.
 */
export class RunJournal implements Journal {
  private pending: StepRow[] = [];
  private birth: NewRun | undefined;
  /** The commit that brings the run into the database: others of the same run must come after it. */
  private born: Promise<void> = Promise.resolve();
  private bytes = 0;
  private steps = 0;

  constructor(
    private readonly committer: GroupCommitter,
    readonly runId: string,
    private readonly claim: Claim,
    private readonly known: RecordedSteps,
    birth?: NewRun,
  ) {
    this.birth = birth;
  }

  recorded(path: string): { readonly output: Json } | undefined {
    return this.known.outputs.get(path);
  }

  nextAttempt(path: string): number {
    return (this.known.attempts.get(path) ?? 0) + 1;
  }

  settled(): Promise<void> {
    return this.pending.length > 0 || this.birth ? this.flush() : this.born;
  }

  record(step: StepRecord, effect: Effect): Promise<void> | void {
    const output = this.keep(step);
    this.pending.push({ ...step, output });
    this.known.attempts.set(step.path, step.attempt);
    if (step.status !== 'FAILED') this.known.outputs.set(step.path, step);
    if (effect !== 'none') return this.flush();
  }

  /** The last commit of this execution. */
  finish(end: RunEnd): Promise<void> {
    return this.flush(end);
  }

  private async flush(end?: RunEnd): Promise<void> {
    const steps = this.pending;
    this.pending = [];
    if (this.birth) {
      const run = this.birth;
      this.birth = undefined;
      this.born = this.write({ kind: 'new', run, claim: this.claim, steps, end });
      return this.born;
    }
    await this.born;
    await this.write({ kind: 'progress', runId: this.runId, fence: this.claim.attempt, steps, end });
  }

  private async write(write: Write): Promise<void> {
    if (!(await this.committer.commit(write))) throw new RunLostError(`run ${this.runId} is held by another process`);
  }

  /** The output as JSON text, if it can be kept. That a node failed is kept in any case. */
  private keep(step: StepRecord): string {
    this.steps += 1;
    if (step.status === 'FAILED') return 'null';
    if (this.steps > limits.steps) {
      throw new NodeError('step-limit', `This run has taken ${limits.steps} steps, more are not allowed.`);
    }
    const text = jsonTextOf(step);
    if (text.length > limits.valueBytes / 4 && Buffer.byteLength(text) > limits.valueBytes) {
      throw new NodeError('output-too-large', `The value of ${step.path} has more than ${limits.valueBytes} bytes.`);
    }
    if (!isStorable(text)) {
      throw new NodeError(
        'output-invalid',
        `The value of ${step.path} holds a NUL character or half a surrogate pair.`,
      );
    }
    if (this.bytes + text.length > limits.stateBytes) {
      throw new NodeError(
        'state-too-large',
        `The values of this run have more than ${limits.stateBytes} bytes together.`,
      );
    }
    this.bytes += text.length;
    return text;
  }
}

function jsonTextOf({ path, output }: StepRecord): JsonText {
  try {
    const text = JSON.stringify(output ?? null);
    if (!isDeeperThan(limits.valueDepth, text)) return text;
  } catch (error) {
    // The engine's stack is at its end.
    if (!(error instanceof RangeError)) throw error;
  }
  throw new NodeError('output-invalid', `The value of ${path} is nested deeper than ${limits.valueDepth}.`);
}
