import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../../common/config/public-url.js';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { LinkTokens } from '../../common/encryption/link-tokens.js';

/** Links that let somebody without an account answer one approval of one run. */
@Injectable()
export class ApprovalLinks {
  private readonly tokens: LinkTokens;

  constructor(
    encryption: EncryptionService,
    private readonly publicUrl: PublicUrl,
  ) {
    this.tokens = new LinkTokens(encryption, 'approval', 192);
  }

  /** @param runId uuid */
  urlOf(runId: string, path: string): string {
    return this.publicUrl.of(`/v1/approvals/${this.tokenOf(runId, path)}`);
  }

  tokenOf(runId: string, path: string): string {
    return this.tokens.tokenOf(runId, path);
  }

  /** The uuid of the run that a token claims to be for; undefined when it is none. */
  runOf(token: string): string | undefined {
    return this.tokens.uuidOf(token);
  }

  /** Whether the token is the one for this place. */
  isFor(token: string, runId: string, path: string): boolean {
    return this.tokens.isFor(token, runId, path);
  }
}
