import { type NextFunction, type Request, type Response } from 'express';
import ipaddr from 'ipaddr.js';
import { DomainError } from '../errors.js';

const WINDOW_MS = 60_000;

/** Far above what one machine can answer to: against floods only. Limits by credential come after authentication. */
const REQUESTS_PER_MINUTE = 600_000;

export class RateLimitedError extends DomainError {
  readonly code = 'rate-limited';
  readonly kind = 'too-many';

  /** @param retryAfter seconds */
  constructor(
    limit: number,
    override readonly retryAfter: number,
  ) {
    super(`More than ${limit} requests came from this address within a minute. Try again in ${retryAfter} s.`);
  }
}

/**
 * Requests by client in fixed windows that all clients share: a new window is a new map, so that nothing has to expire
 * one by one and a request costs one look-up.
 */
export class WindowCounts {
  private counts = new Map<string, number>();
  private windowEnd = 0;

  /** @param now milliseconds; tests set it */
  constructor(private readonly now: () => number = Date.now) {}

  /** Counts one request. @returns how many there were in this window, and after how many seconds the next one begins */
  hit(client: string): { hits: number; resetSeconds: number } {
    const now = this.now();
    if (now >= this.windowEnd) {
      this.counts = new Map();
      this.windowEnd = now + WINDOW_MS;
    }
    const hits = (this.counts.get(client) ?? 0) + 1;
    this.counts.set(client, hits);
    return { hits, resetSeconds: Math.ceil((this.windowEnd - now) / 1000) };
  }
}

/**
 * Puts `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) on every answer, and ends floods with
 * 429 before a body is read or a credential looked at. Each process counts by itself.
 */
export function rateLimit(limit = REQUESTS_PER_MINUTE) {
  const counts = new WindowCounts();
  return (request: Request, response: Response, next: NextFunction): void => {
    const { hits, resetSeconds } = counts.hit(clientOf(request.ip));
    response.setHeader('RateLimit-Limit', limit);
    response.setHeader('RateLimit-Remaining', Math.max(0, limit - hits));
    response.setHeader('RateLimit-Reset', resetSeconds);
    if (hits > limit) throw new RateLimitedError(limit, resetSeconds);
    next();
  };
}

/** An IPv4 address, or the /64 network of an IPv6 address: whoever has one of its addresses has all of them. */
export function clientOf(address = ''): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
