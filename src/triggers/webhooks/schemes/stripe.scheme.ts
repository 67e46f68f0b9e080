import { signatureHeader } from '../../../common/webhooks/delivery-header.js';
import { defineScheme } from './define-scheme.js';
import { isEventId } from '../../../common/webhooks/event-id.js';
import { eventOf } from './event.js';
import { givenSecret } from './scheme-secret.js';
import { checkTimestamp, hmacSha256, sameText, signatureInvalid } from '../../../common/webhooks/signature.js';

const SIGNATURE = 'Stripe-Signature';

/** `t=1492774577,v1=5257a8…,v0=6ffbb5…` */
const part = /^([a-z]\w{0,9})=([\w.+/=-]+)$/;
const digest = /^[\da-f]{64}$/;

/** https://docs.stripe.com/webhooks#verify-manually */
export const stripe = defineScheme({
  key: 'stripe',
  title: 'Stripe',
  description:
    'Webhook endpoints of Stripe. The secret is the signing secret of the endpoint, from the dashboard of Stripe.',
  options: { properties: {}, required: [] },
  secret: givenSecret(
    /^whsec_[\x21-\x7e]{16,249}$/,
    'the signing secret of the endpoint from the dashboard of Stripe, which begins with "whsec_"',
  ),
  headers: () => [SIGNATURE.toLowerCase()],
  verify(delivery, _options, secrets, now) {
    const { timestamp, signatures } = partsOf(signatureHeader(delivery, SIGNATURE));
    checkTimestamp(SIGNATURE, timestamp, now);
    const genuine = secrets.some((secret) => {
      const expected = hmacSha256(secret, `${timestamp}.`, delivery.body).toString('hex');
      return signatures.some((signature) => sameText(signature, expected));
    });
    if (!genuine) throw signatureInvalid(SIGNATURE);
    const id = eventOf(delivery)?.id;
    return isEventId(id) ? { id } : {};
  },
});

/**
 * The timestamp, which must be there once, and every signature of scheme `v1` (one for each secret while Stripe rotates).
 * Other schemes don't count, as Stripe demands: `v0` is for test events.
 */
function partsOf(header: string): { timestamp: string; signatures: string[] } {
  const timestamps: string[] = [];
  const signatures: string[] = [];
  for (const text of header.split(',')) {
    const [, name, value] = part.exec(text) ?? [];
    if (value === undefined || (name === 'v1' && !digest.test(value))) throw signatureInvalid(SIGNATURE);
    if (name === 't') timestamps.push(value);
    if (name === 'v1') signatures.push(value);
  }
  const [timestamp, second] = timestamps;
  if (timestamp === undefined || second !== undefined) throw signatureInvalid(SIGNATURE);
  return { timestamp, signatures };
}
