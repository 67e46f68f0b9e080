import { type CompiledWorkflow } from '../compiler/compile-workflow.js';
import { type Journal, type RecordedStep, type RunContext, type StepRecord } from '../compiler/run-context.js';
import { type Scope } from '../nodes/execution.js';
import { RunPaused, RunStopped } from '../nodes/node-error.js';
import { type Pause, type PauseEnd } from '../nodes/pause.js';

/**
 * Which nodes come next in a run of which these steps are recorded: in each lane the first that is not. Its graph is executed once
 * more, from recorded values only; no node runs, so nothing is called, computed, waited for or written but the decisions of
 * control flow that is under way.
 * @param recorded by path
 * @returns ids in the order of the spec; none when the run is over
 */
export async function nodesAfter(
  { block, effects }: CompiledWorkflow,
  scope: Scope,
  recorded: ReadonlyMap<string, RecordedStep>,
): Promise<string[]> {
  const journal = new ReadOnlyJournal(recorded);
  try {
    await block.run(scope, '', { journal, onlyReads: true, signal: new AbortController().signal, ...noEffects });
  } catch (error) {
    // A recorded `stop`: the run is over, wherever its other lanes are.
    if (error instanceof RunStopped) return [];
    if (!(error instanceof RunPaused)) throw error;
  }
  return [...effects.keys()].filter((nodeId) => journal.next.has(nodeId));
}

const noEffects: Pick<RunContext, 'callTool' | 'callWorkflow' | 'askModel' | 'listFunctions'> = {
  callTool: () => Promise.reject(new Error('a replay calls no tool')),
  callWorkflow: () => Promise.reject(new Error('a replay starts no run')),
  askModel: () => Promise.reject(new Error('a replay asks no model')),
  listFunctions: () => Promise.reject(new Error('a replay asks for no functions')),
};

/** Answers from what is recorded, and ends each lane where that ends. */
class ReadOnlyJournal implements Journal {
  readonly next = new Set<string>();

  constructor(private readonly steps: ReadonlyMap<string, RecordedStep>) {}

  recorded(path: string): RecordedStep | undefined {
    return this.steps.get(path);
  }

  reached(nodeId: string): never {
    this.next.add(nodeId);
    throw new RunPaused();
  }

  /** Only a decision that fails is recorded without having been reached: its node is the one to run. */
  record({ nodeId }: StepRecord): never {
    this.reached(nodeId);
  }

  settled(): Promise<void> {
    return Promise.reject(new Error('a replay touches nothing'));
  }

  nextAttempt(): number {
    return 1;
  }

  takeEarlierFailures(): number {
    return 0;
  }

  /** A pause between two rounds is no node: as if it had begun, and were over. */
  pauseAt(): Pause {
    return { type: 'timer', node_id: '' };
  }

  endOfPause(): PauseEnd {
    return { due: '' };
  }

  wait(): void {}
}
