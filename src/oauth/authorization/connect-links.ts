import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../../common/config/public-url.js';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { isJsonObject } from '../../common/json.js';
import { ConnectLinkInvalidError } from '../oauth.errors.js';

/** What a link lets whoever opens it do: connect an account for a user. */
export interface ConnectOffer {
  /** Internal id of the user. */
  readonly userId: string;
  readonly provider: string;
  readonly scopes: readonly string[];
  readonly redirectTo?: string;
  /** The connection to renew, by its uuid. */
  readonly connectionId?: string;
}

const VALID_MS = 7 * 24 * 3_600_000;

/**
 * Links by which somebody connects an account, or connects one again, in any browser: signed, so nothing of them is
 * stored. Opening one asks first; only then an authorization begins, which works once and in that browser.
 */
@Injectable()
export class ConnectLinks {
  constructor(
    private readonly encryption: EncryptionService,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** An address that is good for seven days. */
  urlOf(offer: ConnectOffer): string {
    const text = Buffer.from(JSON.stringify({ ...offer, until: Date.now() + VALID_MS })).toString('base64url');
    const token = `${text}.${this.mac(text)}`;
    return this.publicUrl.of(`/v1/integrations/${offer.provider}/connect/${token}`);
  }

  /** @throws ConnectLinkInvalidError for one that was altered, has ended, or is for another provider */
  open(provider: string, token: string): ConnectOffer {
    const [text = ''] = token.split('.', 1);
    // Compared as it is spelt: decoded, several spellings would be the same.
    const offer: unknown = isSame(token, `${text}.${this.mac(text)}`) ? parse(text) : undefined;
    if (!isJsonObject(offer) || offer.provider !== provider || Number(offer.until) < Date.now()) {
      throw new ConnectLinkInvalidError();
    }
    return offer as unknown as ConnectOffer;
  }

  /** A signature of ours, for something else than a link. */
  sign(text: string): string {
    return this.mac(`proof ${text}`);
  }

  private mac(text: string): string {
    return createHmac('sha256', this.encryption.deriveKey('connect')).update(text).digest('base64url');
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parse(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64url').toString());
}
