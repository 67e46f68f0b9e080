import { Injectable } from '@nestjs/common';
import { type Json } from '../../../common/json.js';

/**
 * SQL that enters events into their ledger: one or more queries of a `with`, the last one named `events`, with the `run_id`
 * of each event that was taken. Its rows come as a JSON array in `parameter`.
 */
export type EnterEvents = (parameter: string) => string;

/** An event of a user's. */
export interface EventOfUser {
  /** uuid. */
  readonly eventId: string;
  readonly userId: string;
}

/** Reads what `trigger` is in the runs that these events start, by event id. */
export type LoadTriggers = (events: readonly EventOfUser[]) => Promise<ReadonlyMap<string, Json>>;

/** Whoever keeps the events that start runs: a module to the right of this one registers itself. */
@Injectable()
export class EventLedger {
  private keeper: { enter: EnterEvents; load: LoadTriggers } | undefined;

  register(enter: EnterEvents, load: LoadTriggers): void {
    this.keeper = { enter, load };
  }

  readonly enter: EnterEvents = (parameter) => {
    if (!this.keeper) throw new Error('an event starts a run, and nobody keeps events');
    return this.keeper.enter(parameter);
  };

  /** What `trigger` is in the run that this event starts; null for a run without one, or when the event is gone. */
  async triggerOf(userId: string, eventId: string | null): Promise<Json> {
    if (eventId === null) return null;
    return (await this.triggersOf([{ userId, eventId }])).get(eventId) ?? null;
  }

  async triggersOf(events: readonly EventOfUser[]): Promise<ReadonlyMap<string, Json>> {
    if (events.length === 0 || !this.keeper) return new Map();
    return this.keeper.load(events);
  }
}
