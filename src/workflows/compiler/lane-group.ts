import { type RunContext } from './run-context.js';
import { Semaphore } from './semaphore.js';
import { takeTurns } from './take-turns.js';

/** The lanes of one fan-out: so many run at a time, and when one fails (or stops the run), the others stop too. */
export class LaneGroup {
  private readonly semaphore: Semaphore;
  private readonly failed = new AbortController();
  private readonly context: RunContext;

  constructor(concurrency: number, context: RunContext) {
    this.semaphore = new Semaphore(concurrency);
    this.context = { ...context, signal: AbortSignal.any([context.signal, this.failed.signal]) };
  }

  /** @throws what the first lane that failed has thrown, in every lane that is not over by then */
  run<Result>(lane: (context: RunContext) => Promise<Result>): Promise<Result> {
    return this.semaphore.use(async () => {
      try {
        await takeTurns();
        this.context.signal.throwIfAborted();
        return await lane(this.context);
      } catch (error) {
        this.failed.abort(error);
        // One and the same error from all lanes: LangGraph would make a new one of several.
        throw this.context.signal.reason;
      }
    });
  }
}
