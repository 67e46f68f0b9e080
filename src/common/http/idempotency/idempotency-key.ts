import { createHash } from 'node:crypto';
import { type Request } from 'express';
import { canonicalJson } from '../../canonical-json.js';
import { limits } from '../limits.js';
import { IdempotencyKeyInvalidError } from './idempotency.errors.js';

/** Printable ASCII, so that a key reads the same in every log. */
const acceptableKey = new RegExp(`^[\\x20-\\x7e]{1,${limits.idempotencyKeyLength}}$`);

/**
 * The `Idempotency-Key` of a request; undefined when it has none.
 * @throws IdempotencyKeyInvalidError
 */
export function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined) return undefined;
  if (!acceptableKey.test(key)) throw new IdempotencyKeyInvalidError(key.length);
  return key;
}

/** What makes two requests the same. */
export interface RequestIdentity {
  method: string;
  /** Path and query as they came: `?mode=sync` asks for another answer. */
  url: string;
  /** The parsed body: white space and the order of keys make no difference (RFC 8785). */
  body: unknown;
}

/** SHA-256 (32 bytes) of a request. */
export function requestHash({ method, url, body }: RequestIdentity): Buffer {
  const text = body === undefined ? '' : canonicalJson(body);
  return createHash('sha256').update(`${method} ${url}\n${text}`).digest();
}
