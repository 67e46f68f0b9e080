import express, { type NextFunction, type Request, type Response } from 'express';
import { limits } from '../limits.js';
import {
  BodyIncompleteError,
  BodyTooLargeError,
  CharsetUnsupportedError,
  ContentEncodingUnsupportedError,
  MediaTypeUnsupportedError,
} from './body.errors.js';
import { parseJson } from './parse-json.js';

/** `application/json` or a type that ends in `+json`, with or without parameters. */
const jsonMediaType = /^application\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i;
const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i;

const readBytes = express.raw({ type: () => true, limit: limits.bodyBytes, inflate: false });
const rawBodies = new WeakMap<Request, Buffer>();

/** The bytes of the body as they came, for signatures; undefined when there was none. */
export function rawBodyOf(request: Request): Buffer | undefined {
  return rawBodies.get(request);
}

/**
 * The body rules of every route: JSON in UTF-8, at most 1 MB, parsed into `request.body`. Below `anyMediaType` (path
 * prefixes such as `/v1/hooks/`, whose senders decide about the type) only the size is checked, and the route takes the
 * bytes with `rawBodyOf`.
 */
export function jsonBody(anyMediaType: readonly string[]) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!hasBody(request)) return next();
    const opaque = anyMediaType.some((prefix) => request.originalUrl.startsWith(prefix));
    checkHeaders(request, opaque);
    readBytes(request, response, (error?: unknown) =>
      next(error === undefined ? takeBody(request, opaque) : readError(error)),
    );
  };
}

/** Turns the bytes that body-parser left in `request.body` into what the route gets; returns what is wrong with them. */
function takeBody(request: Request, opaque: boolean): unknown {
  const bytes: unknown = request.body;
  request.body = undefined;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return undefined;
  rawBodies.set(request, bytes);
  try {
    if (!opaque) request.body = parseJson(bytes);
    return undefined;
  } catch (refused) {
    return refused;
  }
}

/** RFC 9112 section 6.3: a request has a body when one of these headers says so. */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function checkHeaders({ headers }: Request, opaque: boolean): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') throw new ContentEncodingUnsupportedError(encoding);
  if (opaque) return;
  const type = headers['content-type'];
  if (type === undefined || !jsonMediaType.test(type)) throw new MediaTypeUnsupportedError(type);
  const given = charset.exec(type)?.[1];
  if (given !== undefined && !/^utf-?8$/i.test(given)) throw new CharsetUnsupportedError(given);
}

/** Only body-parser knows its errors; nobody else should have to. */
function readError(error: unknown): unknown {
  const type = error instanceof Error && 'type' in error ? error.type : undefined;
  if (type === 'entity.too.large') return new BodyTooLargeError();
  if (type === 'request.aborted' || type === 'request.size.invalid') return new BodyIncompleteError();
  return error;
}
