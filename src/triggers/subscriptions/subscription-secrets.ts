import { Injectable } from '@nestjs/common';
import { EncryptionService } from '../../common/encryption/encryption.service.js';
import { type Place } from '../../common/encryption/place.js';
import { makePublicId } from '../../common/public-id.js';

type Column = 'secret' | 'previous_secret';

/** Whose secret it is: uuid of the subscription, internal id of the user. */
export interface SecretOwner {
  readonly subscriptionId: string;
  readonly userId: string;
}

/** What deliveries are verified with: encrypted as soon as it is given, in the clear only where one is verified. */
@Injectable()
export class SubscriptionSecrets {
  constructor(private readonly encryption: EncryptionService) {}

  seal(owner: SecretOwner, column: Column, secret: string): string {
    return this.encryption.encrypt(secret, placeOf(owner, column));
  }

  /** Those that count: the current one first. */
  async open(row: {
    subscription_id: string;
    user_id: string;
    secret: string | null;
    previous_secret: string | null;
  }): Promise<string[]> {
    const owner = { subscriptionId: row.subscription_id, userId: row.user_id };
    const secrets: string[] = [];
    if (row.secret !== null) secrets.push(await this.unseal(owner, 'secret', row.secret));
    if (row.previous_secret !== null) secrets.push(await this.unseal(owner, 'previous_secret', row.previous_secret));
    return secrets;
  }

  unseal(owner: SecretOwner, column: Column, sealed: string): Promise<string> {
    return this.encryption.decrypt(sealed, placeOf(owner, column));
  }
}

function placeOf({ subscriptionId, userId }: SecretOwner, column: Column): Place {
  return {
    table: 'trigger_subscription',
    column,
    row: makePublicId('subscription', subscriptionId),
    owner: String(userId),
  };
}
