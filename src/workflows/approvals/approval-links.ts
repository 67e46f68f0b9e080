import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { PublicUrl } from '../../common/config/public-url.js';

/** Bytes of a uuid, and of the part that can't be guessed (192 bits). */
const ID_BYTES = 16;
const MAC_BYTES = 24;

/**
 * Links that let somebody without an account answer one approval of one run. A link is made of the run and a MAC over run
 * and path, so nothing of it is stored, it is the same whenever it is shown, and a dump of the database opens none.
 */
@Injectable()
export class ApprovalLinks {
  constructor(
    private readonly encryption: EncryptionService,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** @param runId uuid */
  urlOf(runId: string, path: string): string {
    return this.publicUrl.of(`/v1/approvals/${this.tokenOf(runId, path)}`);
  }

  tokenOf(runId: string, path: string): string {
    return Buffer.concat([bytesOf(runId), this.mac(runId, path)]).toString('base64url');
  }

  /** The uuid of the run that a token claims to be for; undefined when it is none. */
  runOf(token: string): string | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== ID_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return undefined;
    return bytes.toString('hex', 0, ID_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** Whether the token is the one for this place. */
  isFor(token: string, runId: string, path: string): boolean {
    const given = Buffer.from(token, 'base64url').subarray(ID_BYTES);
    return given.length === MAC_BYTES && timingSafeEqual(given, this.mac(runId, path));
  }

  private mac(runId: string, path: string): Buffer {
    const key = this.encryption.deriveKey('approval');
    return createHmac('sha256', key).update(`${runId}\n${path}`).digest().subarray(0, MAC_BYTES);
  }
}

function bytesOf(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
