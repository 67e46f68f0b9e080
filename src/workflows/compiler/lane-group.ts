import { type Json } from '../../common/json.js';
import { RunPaused } from '../nodes/node-error.js';
import { type LaneResult } from './block-state.js';
import { type RunContext } from './run-context.js';
import { takeTurns } from './take-turns.js';

/** The lanes of one fan-out while they run: when one fails (or stops the run), the others stop too. */
export class LaneGroup<Lane> {
  private next = 0;
  private readonly failed = new AbortController();
  private readonly context: RunContext;

  constructor(
    private readonly lanes: readonly Lane[],
    context: RunContext,
  ) {
    this.context = { ...context, signal: AbortSignal.any([context.signal, this.failed.signal]) };
  }

  /**
   * Runs lane after lane until none is left, or one has to wait: a lane that waits keeps its place, so that not more are
   * under way than may be. Called as often as lanes may run at a time.
   * @throws what the first lane that failed has thrown, in every call
   */
  async work(run: (lane: Lane, context: RunContext) => Promise<Json>): Promise<LaneResult[]> {
    const results: LaneResult[] = [];
    let lane = this.next++;
    try {
      for (; lane < this.lanes.length; lane = this.next++) {
        await takeTurns();
        this.context.signal.throwIfAborted();
        results.push({ lane, value: await run(this.lanes[lane]!, this.context) });
      }
    } catch (error) {
      if (error instanceof RunPaused) return [...results, { lane, paused: true }];
      this.failed.abort(error);
      // One and the same error from all: LangGraph would make a new one of several.
      throw this.context.signal.reason;
    }
    return results;
  }
}
