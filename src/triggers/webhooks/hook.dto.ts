import { ApiProperty } from '@nestjs/swagger';
import { makePublicId } from '../../common/public-id.js';
import { type Verdict, verdicts } from '../events/verdict.js';
import { type EventOutcome } from '../intake/event-intake.js';

/** What became of a delivery. */
export class HookResponse {
  /** @example evt_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  event_id: string;
  /**
   * `accepted`: a run is under way. `duplicate`: the same event came within the last 24 hours; `run_id` is the run that it
   * started. `filtered`, `skipped`: it starts none.
   */
  @ApiProperty({ enum: verdicts })
  verdict: Verdict;
  /** @example run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  run_id: string | null;

  static from({ eventId, verdict, runId }: EventOutcome): HookResponse {
    return Object.assign(new HookResponse(), {
      event_id: makePublicId('event', eventId),
      verdict,
      run_id: runId && makePublicId('run', runId),
    } satisfies HookResponse);
  }
}
