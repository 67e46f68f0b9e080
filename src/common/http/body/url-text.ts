import { type NextFunction, type Request, type Response } from 'express';
import { UrlMalformedError } from './body.errors.js';

/**
 * Checks that path and query decode to text that can be stored: percent-encoded UTF-8 without NUL (a lone surrogate has
 * no UTF-8, so it can't come this way). A URL without `%` needs no look: Node refuses control characters in it.
 * @throws UrlMalformedError
 */
export function checkUrlText(url: string): void {
  if (!url.includes('%')) return;
  const decoded = decode(url);
  if (decoded === undefined) {
    const message = 'The path or query holds a % that is not followed by the percent-encoding of UTF-8 (RFC 3986).';
    throw new UrlMalformedError('percent-encoding-invalid', message);
  }
  if (decoded.includes('\0')) {
    throw new UrlMalformedError('nul-character', 'The path or query holds a NUL character (%00); leave it out.');
  }
}

/** `checkUrlText` for every request. */
export function urlTextMiddleware(request: Request, _response: Response, next: NextFunction): void {
  checkUrlText(request.url);
  next();
}

function decode(url: string): string | undefined {
  try {
    return decodeURIComponent(url);
  } catch {
    return undefined;
  }
}
