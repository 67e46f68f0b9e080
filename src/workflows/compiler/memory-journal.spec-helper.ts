import { type Json, type JsonObject } from '../../common/json.js';
import { type Tool, type ToolCatalogue } from '../../integrations/index.js';
import { nodeCatalogue } from '../nodes/catalogue.js';
import { type Scope } from '../nodes/execution.js';
import { RunPaused, RunStopped } from '../nodes/node-error.js';
import { type Pause, type PauseEnd } from '../nodes/pause.js';
import { type NodeFailure } from './node-failure.js';
import { type CompiledWorkflow, Compiler } from './compile-workflow.js';
import { type Journal, type RecordedStep, type RunContext, type StepRecord } from './run-context.js';
import { type Emission } from './emission.js';

/** The process died; nothing after this happened. */
export class Crash extends Error {}

/** A journal in memory that dies after a number of recorded steps. */
export class MemoryJournal implements Journal {
  readonly steps: StepRecord[];
  /** How often an effect waited for what came before it. */
  settles = 0;
  /** What the run waits for when this execution is over. */
  readonly waits = new Map<string, Pause>();
  private readonly failuresBefore = new Map<string, number>();

  constructor(
    recorded: readonly StepRecord[] = [],
    private readonly crashAfter = Infinity,
    /** The execution that paused, what was answered since, and the time that it is. */
    private readonly before?: MemoryJournal,
    private readonly answers: ReadonlyMap<string, Json> = new Map(),
    private readonly now = 0,
  ) {
    this.steps = [...recorded];
    for (const { path, status } of recorded) {
      if (status === 'FAILED') this.failuresBefore.set(path, (this.failuresBefore.get(path) ?? 0) + 1);
    }
  }

  recorded(path: string): RecordedStep | undefined {
    return this.steps.find((step) => step.path === path && step.status !== 'FAILED');
  }

  reached(): void {}

  nextAttempt(path: string): number {
    return this.steps.filter((step) => step.path === path).length + 1;
  }

  async settled(): Promise<void> {
    this.settles += 1;
    this.live();
  }

  record(step: StepRecord): void {
    this.live();
    this.steps.push(structuredClone(step));
    this.live();
  }

  takeEarlierFailures(path: string): number {
    const count = this.failuresBefore.get(path) ?? 0;
    this.failuresBefore.delete(path);
    return count;
  }

  pauseAt(path: string): Pause | undefined {
    return this.before?.waits.get(path);
  }

  endOfPause(path: string): PauseEnd | undefined {
    const answer = this.answers.get(path);
    if (answer !== undefined) return { answer: { value: answer, by: 'ada', at: '2026-01-01T00:00:00.000Z' } };
    const until = this.pauseAt(path)?.until;
    return until !== undefined && Date.parse(until) <= this.now ? { due: until } : undefined;
  }

  wait(path: string, pause: Pause): void {
    this.waits.set(path, pause);
  }

  private live(): void {
    if (this.steps.length > this.crashAfter) throw new Crash();
  }
}

/** What tools did: one line for each call. */
export const effects: string[] = [];

/**
 * Tools of the tests: `echo` gives back its value, `flaky` fails until it was called often enough, `deaf` hears no signal and
 * can wait for the call at another path (`after`).
 */
export const flakyCalls = new Map<string, number>();
const test = (key: string, effect: Tool['effect'] = 'write'): Tool => ({
  key,
  title: key,
  description: key,
  effect,
  input: true,
  output: true,
  example: {},
  run: () => Promise.reject(new Error('not used')),
});
const tools: ToolCatalogue = new Map(['echo', 'flaky', 'slow', 'deaf', 'broken'].map((key) => [key, test(key)]));

class Upstream extends Error {
  readonly code = 'upstream-error';
  constructor(readonly retryable: boolean) {
    super('upstream is down');
  }
}

const waiting = new Set<() => void>();

function begin(path: string): void {
  effects.push(path);
  for (const look of waiting) look();
}

/** Resolves when a tool was called at this path. */
function begun(path: string): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!effects.includes(path)) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
}

let running = 0;
/** The most calls of `slow` that were under way at a time since it was set to 0. */
export const peak = { slow: 0 };

const callTool: RunContext['callTool'] = async ({ tool, inputs }, { path, signal }) => {
  begin(path);
  if (tool === 'broken') throw new Upstream(false);
  if (tool === 'deaf') {
    if (typeof inputs.after === 'string') await begun(inputs.after);
    await new Promise((resolve) => setTimeout(resolve, Number(inputs.ms ?? 0)));
  }
  if (tool === 'flaky') {
    const calls = (flakyCalls.get(path) ?? 0) + 1;
    flakyCalls.set(path, calls);
    if (calls < Number(inputs.succeed_at ?? 3)) throw new Upstream(true);
  }
  if (tool === 'slow') {
    peak.slow = Math.max(peak.slow, ++running);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, Number(inputs.ms ?? 5));
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      });
    }).finally(() => running--);
  }
  return inputs.value ?? null;
};

let compiler = new Compiler({ nodeTypes: nodeCatalogue, tools });

/** From now on this is done to every graph, in place of making it lean. */
export function finishGraphs(finish: Emission['finish']): void {
  compiler = new Compiler({ nodeTypes: nodeCatalogue, tools }, finish);
}

export interface Outcome {
  output?: Json;
  failure?: NodeFailure;
  /** It waits for what is in `journal.waits`. */
  paused?: true;
  journal: MemoryJournal;
  /** Path, attempt and status of each step, sorted by path. */
  steps: string[];
}

export function compile(nodes: unknown[], more: object = {}): CompiledWorkflow {
  const spec = { version: '1', nodes, ...more } as JsonObject;
  return compiler.compile(JSON.stringify(spec), spec);
}

/** What expressions see of a run besides its nodes. */
export const scopeOf = (inputs: Json): Scope => ({ inputs, trigger: null, run: { id: 'run_1' } });

/** Runs a spec to its end. Rejects when the journal dies. */
export async function execute(
  nodes: unknown[],
  inputs: Json = {},
  journal = new MemoryJournal(),
  more: object = {},
): Promise<Outcome> {
  const workflow = compile(nodes, more);
  const stop = new AbortController();
  const done = (outcome: Pick<Outcome, 'output' | 'failure' | 'paused'>): Outcome => ({
    ...outcome,
    journal,
    steps: journal.steps.map(({ path, attempt, status }) => `${path} ${attempt} ${status}`).sort(),
  });
  try {
    const { value, scope: end } = await workflow.block.run(scopeOf(inputs), '', {
      journal,
      signal: stop.signal,
      callTool,
      callWorkflow: () => Promise.reject(new Error('not used')),
      askModel: () => Promise.reject(new Error('not used')),
      listFunctions: () => Promise.reject(new Error('not used')),
    });
    return done({ output: workflow.output ? workflow.output(end) : value });
  } catch (error) {
    if (error instanceof RunStopped) return done({ output: error.output });
    if (error instanceof RunPaused) return done({ paused: true });
    if ((error as Error).name === 'NodeFailure') return done({ failure: error as NodeFailure });
    throw error;
  } finally {
    stop.abort(new Crash());
  }
}

/** A `set` node. */
export const set = (id: string, value: unknown) => ({ id, type: 'set', value });

/** A node that calls `echo`. */
export const echo = (id: string, value: unknown, more: object = {}) => ({
  id,
  type: 'tool',
  tool: 'echo',
  inputs: { value },
  ...more,
});
