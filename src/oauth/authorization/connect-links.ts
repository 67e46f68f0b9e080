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

const MAC_BYTES = 32;
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
    const token = `${text}.${this.mac(text).toString('base64url')}`;
    return this.publicUrl.of(`/v1/integrations/${offer.provider}/connect/${token}`);
  }

  /** @throws ConnectLinkInvalidError for one that was altered, has ended, or is for another provider */
  open(provider: string, token: string): ConnectOffer {
    const [text = '', mac = ''] = token.split('.');
    const given = Buffer.from(mac, 'base64url');
    const isOurs = given.length === MAC_BYTES && timingSafeEqual(given, this.mac(text));
    const offer: unknown = isOurs && token.length === text.length + 1 + mac.length ? parse(text) : undefined;
    if (!isJsonObject(offer) || offer.provider !== provider || Number(offer.until) < Date.now()) {
      throw new ConnectLinkInvalidError();
    }
    return offer as unknown as ConnectOffer;
  }

  /** A signature of ours, for something else than a link. */
  sign(text: string): string {
    return this.mac(`proof ${text}`).toString('base64url');
  }

  private mac(text: string): Buffer {
    return createHmac('sha256', this.encryption.deriveKey('connect')).update(text).digest();
  }
}

function parse(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64url').toString());
}
