import { isValueDeeperThan } from '../../common/json-depth.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { makeStorable } from '../../common/storable-text.js';
import { type Occurrence } from '../intake/prepare-event.js';
import { type PollResult } from '../types/define-trigger.js';

/** The data of an event, as JSON; more is not stored. That of a webhook is bounded by its request. */
const MOST_BYTES = 1_000_000;
/** Deeper data is nothing that a database or an expression can work with. */
const MOST_DEPTH = 100;

/** What a poll has found, as JSON. */
export type Found = { list: FoundEvent[]; cursor: JsonObject; more: boolean };

type FoundEvent = { data: Json; key: Json; at: string | null; failed: string | null };

/** As JSON: from here on the secrets can be taken out of it. Holds nothing that a database can't hold. */
export function foundBy({ events, cursor, more = false }: PollResult): Found {
  const list = events.map(({ data, key, occurredAt }): FoundEvent => {
    const why = unfit(data);
    return { data: why === null ? data : null, key, at: timeOf(occurredAt), failed: why };
  });
  return JSON.parse(makeStorable(JSON.stringify({ list, cursor, more }))) as Found;
}

/** What was found becomes events. What can't be stored becomes a failed one: it must not keep the others from coming. */
export function occurrencesOf({ list }: Found): Occurrence[] {
  return list.map(({ data, key, at, failed }) => ({
    data,
    key,
    ...(at !== null && { occurredAt: new Date(at) }),
    ...(failed !== null && { failed }),
  }));
}

/** Why data is not stored; null: it is. */
function unfit(data: Json): string | null {
  if (isValueDeeperThan(MOST_DEPTH, data)) return `It is nested more than ${MOST_DEPTH} levels deep.`;
  const bytes = Buffer.byteLength(JSON.stringify(data));
  return bytes > MOST_BYTES ? `It takes ${bytes} bytes; at most ${MOST_BYTES} are stored.` : null;
}

/** Whoever is asked may name any time; one that the database can't hold is none. */
function timeOf(time: Date | undefined): string | null {
  const year = time?.getUTCFullYear() ?? NaN;
  return year >= 1_000 && year <= 9_999 ? time!.toISOString() : null;
}
