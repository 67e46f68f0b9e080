import { createHmac, timingSafeEqual } from 'node:crypto';
import { type EncryptionService } from './encryption.service.js';

const ID_BYTES = 16;

/**
 * Tokens for links that open one thing to whoever has them. A token is the uuid of the thing and a MAC, so nothing of it is
 * stored, it is the same whenever it is shown, and a dump of the database opens none.
 */
export class LinkTokens {
  /** @param bits of the part that can't be guessed; a multiple of 8 */
  constructor(
    private readonly encryption: Pick<EncryptionService, 'deriveKey'>,
    private readonly purpose: string,
    private readonly bits: number,
  ) {}

  /** @param place what of the thing the link is for */
  tokenOf(uuid: string, place = ''): string {
    return Buffer.concat([Buffer.from(uuid.replaceAll('-', ''), 'hex'), this.mac(uuid, place)]).toString('base64url');
  }

  /** The uuid that a token claims to be for; undefined when it is none. */
  uuidOf(token: string): string | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== ID_BYTES + this.bits / 8 || bytes.toString('base64url') !== token) return undefined;
    return bytes.toString('hex', 0, ID_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** Whether the token is the one for this place. */
  isFor(token: string, uuid: string, place = ''): boolean {
    const given = Buffer.from(token, 'base64url').subarray(ID_BYTES);
    return given.length === this.bits / 8 && timingSafeEqual(given, this.mac(uuid, place));
  }

  private mac(uuid: string, place: string): Buffer {
    const key = this.encryption.deriveKey(this.purpose);
    return createHmac('sha256', key)
      .update(`${uuid}\n${place}`)
      .digest()
      .subarray(0, this.bits / 8);
  }
}
