import { Injectable } from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { parseJson } from '../../common/http/body/parse-json.js';
import { type Json } from '../../common/json.js';
import { type Delivery } from '../../common/webhooks/delivery.js';
import { verifyStandardWebhook } from '../../common/webhooks/standard-webhooks.js';
import { UsersService } from '../users.service.js';
import { readClerkEvent } from './clerk-event.js';
import { IdentityWebhookNotConfiguredError } from './identity-webhook.errors.js';

/** Keeps users as the identity provider knows them, also those who do not sign in. Never matched by e-mail. */
@Injectable()
export class IdentityWebhookService {
  constructor(
    private readonly environment: Environment,
    private readonly users: UsersService,
  ) {}

  /**
   * Deliveries may come twice and in any order: the newest state stays, and who is gone stays gone.
   * @throws IdentityWebhookNotConfiguredError, DeliveryRefusedError, IdentityEventInvalidError
   */
  async take(delivery: Delivery): Promise<void> {
    const { clerkWebhookSecret: secret, auth } = this.environment;
    if (secret === undefined || auth === undefined) throw new IdentityWebhookNotConfiguredError();
    verifyStandardWebhook(delivery, [secret], Date.now());
    const event = readClerkEvent(parseJson(delivery.body) as Json);
    if (event.kind === 'gone') await this.users.identityGone(auth.issuer, event.subject);
    if (event.kind === 'is') {
      await this.users.identityIs({ issuer: auth.issuer, userId: event.subject, email: event.email }, event.at);
    }
  }
}
