import { type JsonObject } from '../../common/json.js';
import { type Trigger } from '../types/define-trigger.js';
import { verificationSchemeCatalogue } from '../webhooks/schemes/catalogue.js';
import { type VerificationScheme } from '../webhooks/schemes/define-scheme.js';
import { SubscriptionInvalidError } from './subscription.errors.js';

/** How deliveries of a subscription prove where they come from; undefined: it takes none. */
export function schemeOf(trigger: Trigger, config: JsonObject): VerificationScheme | undefined {
  return trigger.mode === 'webhook' ? verificationSchemeCatalogue.get(trigger.verification(config).type) : undefined;
}

/**
 * The secret that a subscription is to have: the given one, or one that is made. Undefined: it needs none.
 * @throws SubscriptionInvalidError
 */
export function newSecret(trigger: Trigger, config: JsonObject, given: string | undefined): string | undefined {
  const refuse = (code: string, message: string) =>
    new SubscriptionInvalidError(trigger.key, [{ pointer: '/secret', code, message }]);
  const scheme = schemeOf(trigger, config);
  const rule = scheme?.secret;
  if (!rule) {
    if (given !== undefined)
      throw refuse('secret-not-needed', 'this subscription verifies nothing with a secret; leave it out');
    return undefined;
  }
  if (given === undefined) {
    if (rule.origin === 'generated') return rule.generate();
    throw refuse('missing-field', `the sender makes the secret of ${scheme.title}; give it here`);
  }
  const fault = rule.check(given);
  if (fault !== undefined) throw refuse('out-of-range', fault);
  return given;
}
