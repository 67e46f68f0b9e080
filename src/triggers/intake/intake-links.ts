import { Injectable } from '@nestjs/common';
import { PublicUrl } from '../../common/config/public-url.js';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { LinkTokens } from '../../common/encryption/link-tokens.js';

/** Where events of a subscription are sent to, by programs and by people: whoever has the link can do that, nothing else. */
@Injectable()
export class IntakeLinks {
  private readonly tokens: LinkTokens;

  constructor(
    encryption: EncryptionService,
    private readonly publicUrl: PublicUrl,
  ) {
    this.tokens = new LinkTokens(encryption, 'intake', 160);
  }

  /** @param uuid of the subscription */
  webhookUrl(uuid: string): string {
    return this.publicUrl.of(`/v1/hooks/${this.tokens.tokenOf(uuid)}`);
  }

  formUrl(uuid: string): string {
    return this.publicUrl.of(`/v1/forms/${this.tokens.tokenOf(uuid)}`);
  }

  /** The uuid of the subscription that the token is for; undefined when it is no token of ours. */
  subscriptionOf(token: string): string | undefined {
    const uuid = this.tokens.uuidOf(token);
    return uuid !== undefined && this.tokens.isFor(token, uuid) ? uuid : undefined;
  }
}
