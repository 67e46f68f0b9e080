import { type Json } from '../json.js';

/** What an id of an event looks like: it goes into an index, and into logs. */
const eventId = /^[\x21-\x7e]{1,255}$/;

export function isEventId(value: Json | undefined): value is string {
  return typeof value === 'string' && eventId.test(value);
}
