import { Injectable } from '@nestjs/common';

/** A run in the hands of this process. */
export interface Holding {
  readonly runId: string;
  /** As in `Claim`. */
  readonly fence: number;
  /** Aborted to stop the run, with the reason. */
  readonly stop: AbortController;
  /** When it was taken, by `performance.now()`. */
  readonly since: number;
  /** Since when the database knows that this process has it; undefined for a run that is not in the database yet. */
  durableSince: number | undefined;
}

/**
 * The runs that this process executes at the moment. Entered before the database says that the run is this process's,
 * and left after it says otherwise: so a run that the database thinks is here, but is not, was lost on the way.
 */
@Injectable()
export class RunHoldings {
  private readonly runs = new Map<string, Holding>();

  get all(): Iterable<Holding> {
    return this.runs.values();
  }

  /** @param isDurable whether the database knows already that this process has the run */
  take(runId: string, fence: number, isDurable: boolean): Holding {
    const since = performance.now();
    const holding = { runId, fence, stop: new AbortController(), since, durableSince: isDurable ? since : undefined };
    this.runs.set(runId, holding);
    return holding;
  }

  leave(holding: Holding): void {
    // A run that was lost and claimed anew by this very process is another holding.
    if (this.runs.get(holding.runId) === holding) this.runs.delete(holding.runId);
  }

  has(runId: string, fence: number): boolean {
    return this.runs.get(runId)?.fence === fence;
  }

  /** Stops a run, if it is here. */
  stop(runId: string, reason: Error): void {
    this.runs.get(runId)?.stop.abort(reason);
  }

  stopAll(reason: Error): void {
    for (const { stop } of this.runs.values()) stop.abort(reason);
  }
}
