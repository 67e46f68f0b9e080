import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type CookieOptions, type Request, type Response } from 'express';
import { PublicUrl } from '../../common/config/public-url.js';

const SECRET_BYTES = 32;
const MAX_AGE_MS = 3_600_000;

/**
 * A secret in a cookie that ties an authorization to the browser it began in: who gets hold of the address of a callback
 * can't finish somebody else's, nor have somebody finish theirs (RFC 9700, 4.7).
 */
@Injectable()
export class BrowserCookie {
  constructor(private readonly publicUrl: PublicUrl) {}

  /** The hash of the browser's secret; one without gets one. */
  mark(request: Request, response: Response): string {
    const known = this.secretOf(request);
    const secret = known ?? randomBytes(SECRET_BYTES).toString('base64url');
    response.cookie(this.name, secret, this.options);
    return hashOf(secret);
  }

  /** The hash of the browser's secret, if it has one. */
  hashOf(request: Request): string | undefined {
    const secret = this.secretOf(request);
    return secret && hashOf(secret);
  }

  /** `__Host-`: no other host, not even one below ours, can have set it. */
  private get name(): string {
    return this.isSecure ? '__Host-seer-browser' : 'seer-browser';
  }

  private get options(): CookieOptions {
    // Lax: the provider sends the browser back by a link, so a strict one would be missing.
    return { httpOnly: true, secure: this.isSecure, sameSite: 'lax', path: '/', maxAge: MAX_AGE_MS };
  }

  private get isSecure(): boolean {
    return this.publicUrl.of('').startsWith('https:');
  }

  private secretOf({ headers }: Request): string | undefined {
    const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const found = pairs.find((pair) => pair.startsWith(`${this.name}=`))?.slice(this.name.length + 1);
    return found && /^[\w-]{43}$/.test(found) ? found : undefined;
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
