import { AsyncLocalStorage } from 'node:async_hooks';
import { type NextFunction, type Request, type Response } from 'express';

const requests = new AsyncLocalStorage<Request>();

/** Lets everything that is done for a request know it. After the body was read: its events belong to the connection. */
export function currentRequestMiddleware(request: Request, _response: Response, next: NextFunction): void {
  requests.run(request, next);
}

/**
 * What serves more than the request at hand: it goes on without one. Work inherits the request of whoever began it, and
 * with it whose rows it sees.
 */
export function outsideOfRequests<Result>(work: () => Result): Result {
  return requests.exit(work);
}

/** The request that this work is done for; undefined in jobs, commands and at the start. */
export function currentRequest(): Request | undefined {
  return requests.getStore();
}
