import { type Json } from '../../../common/json.js';
import { faultPoint } from '../../../common/fault-point.js';
import { makeStorable } from '../../../common/storable-text.js';
import { type Effect, type UsedCredential } from '../../../integrations/index.js';
import { type Journal, type RecordedStep, type StepRecord } from '../../compiler/run-context.js';
import { NodeError } from '../../nodes/node-error.js';
import { type Pause, type PauseEnd } from '../../nodes/pause.js';
import { limits } from '../../spec/limits.js';
import { type GroupCommitter, type Write } from './group-committer.js';
import { type Holding } from './run-holdings.js';
import { type RecordedRun } from './recorded-run.js';
import { type Claim, isEnd, type JsonText, type NewRun, type RunOutcome, type StepRow, type UseRow } from './rows.js';
import { RunLostError } from './run-lost.error.js';
import { runSteps } from './run-metrics.js';
import { tokensOf } from './token-count.js';
import { textOfValue } from './value-text.js';

/** What a journal works with. */
export interface JournalOptions {
  readonly committer: GroupCommitter;
  readonly holding: Holding;
  readonly claim: Claim;
  readonly known: RecordedRun;
  /** Types of the nodes, by id. */
  readonly nodeTypes: ReadonlyMap<string, string>;
  /** A run that is not in the database yet: it goes in with the first commit. */
  readonly birth?: NewRun | undefined;
  /** The run that its end wakes. */
  readonly parentId?: string | undefined;
  /** Asked before the world is touched. @throws RunLostError when this process must not go on */
  readonly mayGoOn: () => void;
}

/**
 * The journal of one execution of a run. Steps wait here for the next durable point, so a purely computed run is one
 * commit. One commit of a run is under way at a time: the others ride in the next one, and the steps of a run become
 * durable in the order of their numbers, without a gap.
 */
export class RunJournal implements Journal {
  /** The run did not come to be: its idempotency key, or its event, has started one before. */
  isRefused = false;
  /** What the run waits for when this execution is over, by path. */
  readonly waits = new Map<string, Pause>();
  /** Whether the run may have child runs: those that an earlier execution has waited for, and those that this one calls. */
  mayHaveChildren: boolean;
  private pending: StepRow[] = [];
  /** First uses of credentials in this execution that are not in the audit yet. */
  private uses: UseRow[] = [];
  private readonly used = new Set<string>();
  private birth: NewRun | undefined;
  private inFlight: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private soon = false;
  /** Why nothing of this execution can be written any more. */
  private broken: unknown;
  private bytes: number;
  private seq: number;
  private usedTokens: number;

  constructor(private readonly options: JournalOptions) {
    this.birth = options.birth;
    this.bytes = options.known.bytes;
    this.seq = options.known.seq;
    this.usedTokens = options.known.tokens;
    this.mayHaveChildren = [...options.known.pauses.values()].some(({ type }) => type === 'workflow');
  }

  recorded(path: string): RecordedStep | undefined {
    return this.options.known.outputs.get(path);
  }

  reached(): void {}

  /** Tokens that the run has used, failed attempts included. */
  get tokens(): number {
    return this.usedTokens;
  }

  nextAttempt(path: string): number {
    return (this.options.known.attempts.get(path) ?? 0) + 1;
  }

  takeEarlierFailures(path: string): number {
    const { failures } = this.options.known;
    const count = failures.get(path) ?? 0;
    failures.delete(path);
    return count;
  }

  pauseAt(path: string): Pause | undefined {
    return this.options.known.pauses.get(path);
  }

  endOfPause(path: string): PauseEnd | undefined {
    const { answers, pauses, claimedAt } = this.options.known;
    const answer = answers.get(path);
    if (answer) return { answer };
    const until = pauses.get(path)?.until;
    return until !== undefined && Date.parse(until) <= claimedAt ? { due: until } : undefined;
  }

  wait(path: string, pause: Pause): void {
    this.waits.set(path, pause);
  }

  async settled(): Promise<void> {
    if (this.pending.length > 0 || this.birth) await this.flush();
    else await this.inFlight;
    if (this.broken) throw this.broken as Error;
    this.options.mayGoOn();
  }

  record(step: StepRecord, effect: Effect): void {
    const output = this.keep(step);
    this.pending.push({ ...step, seq: ++this.seq, inputs: shown(step.inputs), output });
    this.usedTokens += tokensOf(step.usage);
    runSteps.add({ node_type: this.options.nodeTypes.get(step.nodeId) ?? 'other', status: step.status });
    const { attempts, outputs } = this.options.known;
    attempts.set(step.path, step.attempt);
    if (step.status !== 'FAILED') outputs.set(step.path, step);
    if (effect !== 'none') this.flushSoon();
  }

  /** Notes that a node uses a credential; the first time in this execution, that goes to the audit with the next commit. */
  use(used: UsedCredential, nodeId: string, userId: string): void {
    if (this.used.has(used.id)) return;
    this.used.add(used.id);
    this.uses.push({ ...used, nodeId, userId });
  }

  /** The last commit of this execution. */
  async finish(outcome: RunOutcome): Promise<void> {
    await this.inFlight?.catch(() => {});
    return this.send(outcome);
  }

  /** Writes what a cancelled run still had under way, if that is possible. */
  async leave(): Promise<void> {
    const isLeft = this.pending.length > 0 || this.uses.length > 0;
    if (isLeft && !this.birth) await this.flush().catch(() => {});
  }

  /** With the next turn of the event loop: if the run ends in this one, its end rides along. */
  private flushSoon(): void {
    if (this.soon) return;
    this.soon = true;
    setImmediate(() => {
      this.soon = false;
      // Whoever depends on it meets the error in `settled` or `finish`.
      if (this.pending.length > 0) this.flush().catch(() => {});
    });
  }

  /** Resolves when all that is pending now is durable. */
  private flush(): Promise<void> {
    if (!this.inFlight) return this.send();
    this.following ??= this.inFlight.then(() => {
      this.following = undefined;
      return this.flush();
    });
    return this.following;
  }

  private send(outcome?: RunOutcome): Promise<void> {
    const steps = this.pending;
    this.pending = [];
    const sent = this.write(steps, outcome)
      .catch((error: unknown) => {
        this.broken ??= error;
        throw error;
      })
      .finally(() => {
        if (this.inFlight === sent) this.inFlight = undefined;
      });
    this.inFlight = sent;
    return sent;
  }

  private async write(steps: StepRow[], outcome: RunOutcome | undefined): Promise<void> {
    // Refused once, refused for ever; but a value that the database refuses does not keep the end from being written.
    if (this.broken instanceof RunLostError) throw this.broken;
    const { committer, holding, claim, parentId } = this.options;
    const { runId } = holding;
    const run = this.birth;
    this.birth = undefined;
    const uses = this.uses;
    this.uses = [];
    const write: Write = run
      ? { kind: 'new', run, claim, steps, outcome, uses }
      : { kind: 'progress', runId, fence: claim.fence, steps, outcome, parentId, uses };
    if (!run && steps.length === 0 && uses.length === 0 && !outcome) return;
    const moment = run ? 'birth' : momentOf(outcome);
    faultPoint(`before-${moment}`);
    let done: boolean;
    try {
      done = await committer.commit(write);
    } catch (error) {
      // Refused as a whole: the run is still to be brought into the database, by its end if by nothing else.
      this.birth = run;
      this.uses.unshift(...uses);
      throw error;
    }
    faultPoint(`after-${moment}`);
    if (!done) {
      this.isRefused = run !== undefined;
      throw new RunLostError(`run ${runId} is held by another process`);
    }
    holding.durableSince ??= performance.now();
  }

  /** The output as JSON text, if it can be kept. That a node failed is kept in any case. */
  private keep(step: StepRecord): string {
    if (step.status === 'FAILED') return 'null';
    if (this.seq >= limits.steps) {
      throw new NodeError('step-limit', `This run has taken ${limits.steps} steps, more are not allowed.`);
    }
    const text = textOfValue(step);
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

function momentOf(outcome: RunOutcome | undefined): 'step' | 'pause' | 'end' {
  if (!outcome) return 'step';
  return isEnd(outcome) ? 'end' : 'pause';
}

/** Characters of a step's inputs that are kept: they are for people, and the values are in the steps before. */
const SHOWN_CHARACTERS = 10_000;

function shown(inputs: Json | undefined): JsonText | null {
  if (inputs === undefined) return null;
  const text = makeStorable(JSON.stringify(inputs));
  return text.length <= SHOWN_CHARACTERS ? text : makeStorable(JSON.stringify(`${text.slice(0, SHOWN_CHARACTERS)}…`));
}
