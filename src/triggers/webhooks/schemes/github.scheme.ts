import { isUtf8 } from 'node:buffer';
import { verify } from '@octokit/webhooks-methods';
import { type Delivery } from '../../../common/webhooks/delivery.js';
import { DeliveryRefusedError } from '../../../common/webhooks/delivery.errors.js';
import { signatureHeader } from '../../../common/webhooks/delivery-header.js';
import { defineScheme } from './define-scheme.js';
import { isEventId } from '../../../common/webhooks/event-id.js';
import { signingKey } from './scheme-secret.js';
import { signatureInvalid } from '../../../common/webhooks/signature.js';

const SIGNATURE = 'X-Hub-Signature-256';
const DELIVERY = 'X-GitHub-Delivery';

/**
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. X-GitHub-Delivery is not signed: somebody
 * who has recorded a delivery can send it again with another one, so it does not tell what is the same event.
 */
export const github = defineScheme({
  key: 'github',
  title: 'GitHub',
  description: 'Webhooks of repositories, organizations and apps of GitHub, signed with X-Hub-Signature-256.',
  options: { properties: {}, required: [] },
  secret: signingKey,
  headers: () => [SIGNATURE.toLowerCase(), DELIVERY.toLowerCase()],
  async verify(delivery, _options, secrets) {
    const signature = signatureHeader(delivery, SIGNATURE);
    const id = signatureHeader(delivery, DELIVERY);
    if (!isEventId(id)) throw new DeliveryRefusedError('signature-invalid', `The header ${DELIVERY} holds no id.`);
    const payload = payloadOf(delivery);
    for (const secret of secrets) {
      if (payload !== undefined && (await verify(secret, payload, signature))) return {};
    }
    throw signatureInvalid(SIGNATURE);
  },
});

/**
 * The text that Octokit verifies; GitHub sends JSON or a form, so it is always UTF-8 and never empty. Other bytes must not
 * get there: decoded, several of them are the same text.
 */
function payloadOf({ body }: Delivery): string | undefined {
  return body.length > 0 && isUtf8(body) ? body.toString('utf8') : undefined;
}
