import { type Request } from 'express';
import { rawBodyOf } from '../http/body/json-body.js';
import { type Delivery } from './delivery.js';

/** A request as a delivery. */
export function deliveryOf(request: Request): Delivery {
  const names = new Set<string>();
  const repeated = new Set<string>();
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (names.has(name)) repeated.add(name);
    names.add(name);
  }
  return {
    method: request.method,
    // Those that Node makes a list of (`set-cookie`) are none of a request.
    headers: request.headers as Record<string, string>,
    repeated,
    query: request.query as Record<string, string | string[]>,
    body: rawBodyOf(request) ?? Buffer.alloc(0),
  };
}
