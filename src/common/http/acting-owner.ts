import { type Request } from 'express';
import { currentRequest } from './current-request.js';

const owners = new WeakMap<Request, string>();

/** From now on, what is done for the request reaches the rows of this user only. @param userId internal id */
export function actFor(request: Request, userId: string): void {
  owners.set(request, userId);
}

/**
 * Whose rows the work at hand may reach, by their internal id. Undefined: it is no request of a signed-in user, or one of
 * an administrator, or its answer is given, and what still goes on is the engine's.
 */
export function actingOwner(): string | undefined {
  const request = currentRequest();
  return request?.res?.writableEnded === false ? owners.get(request) : undefined;
}
