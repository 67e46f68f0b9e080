import type { IncomingHttpHeaders } from 'undici/types/header.js';
import { EgressProtocolError } from './egress.errors.js';

const MAX_HEADERS = 256;

/**
 * One string per header. Repeated headers are joined by ", " (RFC 9110 section 5.2); Set-Cookie, which may hold commas
 * itself, by a line break.
 */
export function flattenHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers);
  const count = entries.flatMap(([, value]) => value).length;
  if (count > MAX_HEADERS)
    throw new EgressProtocolError(`The response has ${count} headers, more than ${MAX_HEADERS}.`);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, [value ?? ''].flat().join(name === 'set-cookie' ? '\n' : ', ')]),
  );
}
