import { type NextFunction, type Request, type Response } from 'express';
import ipaddr from 'ipaddr.js';
import { DomainError } from '../errors.js';

const WINDOW_MS = 60_000;

export class RateLimitedError extends DomainError {
  readonly code = 'rate-limited';
  readonly kind = 'too-many';

  /** @param retryAfter seconds */
  constructor(
    limit: number,
    whose: string,
    override readonly retryAfter: number,
  ) {
    super(`More than ${limit} requests came ${whose} within a minute. Try again in ${retryAfter} s.`);
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
 * A limit for requests in a minute. Puts `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) on the
 * answer, those of the limit that is nearest where there are several. Each process counts by itself.
 */
export class RateLimit {
  private readonly counts = new WindowCounts();

  /** @param whose whom the limit is for, in words: `from this address` */
  constructor(
    private readonly limit: number,
    private readonly whose: string,
  ) {}

  /** Counts a request of the client. @throws RateLimitedError */
  take(client: string, response: Response): void {
    const { hits, resetSeconds } = this.counts.hit(client);
    const remaining = Math.max(0, this.limit - hits);
    const told = response.getHeader('RateLimit-Remaining');
    if (told === undefined || remaining < Number(told)) {
      response.setHeader('RateLimit-Limit', this.limit);
      response.setHeader('RateLimit-Remaining', remaining);
      response.setHeader('RateLimit-Reset', resetSeconds);
    }
    if (hits > this.limit) throw new RateLimitedError(this.limit, this.whose, resetSeconds);
  }
}

/** Ends floods with 429 before a body is read or a credential looked at. */
export function limitAddresses(limit: number) {
  const addresses = new RateLimit(limit, 'from this address');
  return (request: Request, response: Response, next: NextFunction): void => {
    addresses.take(clientOf(request.ip), response);
    next();
  };
}

/** An IPv4 address, or the /64 network of an IPv6 address: whoever has one of its addresses has all of them. */
export function clientOf(address = ''): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
