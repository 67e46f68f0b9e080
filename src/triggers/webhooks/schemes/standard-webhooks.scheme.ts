import { randomBytes } from 'node:crypto';
import {
  isStandardWebhooksSecret,
  standardWebhooksHeaders,
  verifyStandardWebhook,
} from '../../../common/webhooks/standard-webhooks.js';
import { defineScheme } from './define-scheme.js';

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const standardWebhooks = defineScheme({
  key: 'standard_webhooks',
  title: 'Standard Webhooks',
  description:
    'Signed as standardwebhooks.com describes, with headers webhook-id, webhook-timestamp and webhook-signature, or those of ' +
    'Svix (svix-id …). Signatures `v1` (HMAC-SHA256) count.',
  options: { properties: {}, required: [] },
  secret: {
    origin: 'generated',
    generate: () => `whsec_${randomBytes(32).toString('base64')}`,
    check: (secret) =>
      isStandardWebhooksSecret(secret)
        ? undefined
        : 'The secret must be "whsec_" and 24 to 64 bytes in base64, with its padding.',
  },
  headers: () => standardWebhooksHeaders,
  verify: (delivery, _options, secrets, now) => ({ id: verifyStandardWebhook(delivery, secrets, now) }),
});
