import { DomainError } from '../../common/errors.js';

/** Nobody has said what deliveries would be verified with. */
export class IdentityWebhookNotConfiguredError extends DomainError {
  readonly code = 'identity-webhook-not-configured';
  readonly kind = 'not-found';

  constructor() {
    super('This Seer takes no events of Clerk: its operator has not set SEER_CLERK_WEBHOOK_SECRET.');
  }
}

/** It is signed, and still not what Clerk sends. */
export class IdentityEventInvalidError extends DomainError {
  readonly code = 'identity-event-invalid';
  readonly kind = 'malformed';

  constructor(what: string) {
    super(`The event of Clerk has ${what}.`);
  }
}
