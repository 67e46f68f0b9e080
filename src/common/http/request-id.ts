import { randomUUID } from 'node:crypto';
import { type NextFunction, type Request, type Response } from 'express';

/** A request id that a caller may choose: short and plain, so that it can't forge log lines. */
const acceptableRequestId = /^[\w.:-]{1,128}$/;

/** Names each request before anything can fail; the logger and the problems take the same name. */
export function requestIdMiddleware(request: Request, response: Response, next: NextFunction): void {
  const given = request.headers['x-request-id'];
  request.id = typeof given === 'string' && acceptableRequestId.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', request.id);
  next();
}

/** The id that `requestIdMiddleware` gave. */
export function requestIdOf(request: Request): string {
  // pino-http's type allows any object; `requestIdMiddleware` sets a string.
  return request.id as string;
}
