import { type Json, isJsonObject, type JsonObject } from '../../../common/json.js';
import { parseJson } from '../../../common/http/body/parse-json.js';
import { type Delivery } from '../delivery.js';

/** What an id of an event looks like: it goes into an index, and into logs. */
const eventId = /^[\x21-\x7e]{1,255}$/;

/** The JSON object in the body of a delivery that was verified; undefined when it holds something else. */
export function eventOf(delivery: Delivery): JsonObject | undefined {
  try {
    const value: unknown = parseJson(delivery.body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isEventId(value: Json | undefined): value is string {
  return typeof value === 'string' && eventId.test(value);
}
