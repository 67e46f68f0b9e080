import { type Delivery } from './delivery.js';
import { DeliveryRefusedError } from './delivery.errors.js';
import { hasHeader, signatureHeader } from './delivery-header.js';
import { isEventId } from './event-id.js';
import { checkTimestamp, hmacSha256, sameText, signatureInvalid } from './signature.js';

/** The names of the standard, and those of Svix, which the standard comes from and many senders use. */
const standardNames = { id: 'webhook-id', timestamp: 'webhook-timestamp', signature: 'webhook-signature' };
const svixNames = { id: 'svix-id', timestamp: 'svix-timestamp', signature: 'svix-signature' };

export const standardWebhooksHeaders = [...Object.values(standardNames), ...Object.values(svixNames)];

/** A signature with its version, such as `v1,g0hM9SsE…`. Versions other than `v1` are passed over. */
const versioned = /^v\d[\da-z]{0,5},[\w+/=-]+$/;

/**
 * Checks who sends, and when: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param secrets any of which may have signed
 * @param now ms since epoch
 * @returns the sender's id of the event
 * @throws DeliveryRefusedError
 */
export function verifyStandardWebhook(delivery: Delivery, secrets: readonly string[], now: number): string {
  const names = hasHeader(delivery, standardNames.signature) ? standardNames : svixNames;
  const given = signatureHeader(delivery, names.signature).split(' ');
  const id = idOf(delivery, names.id);
  const timestamp = signatureHeader(delivery, names.timestamp);
  checkTimestamp(names.timestamp, timestamp, now);
  if (!given.every((signature) => versioned.test(signature))) throw signatureInvalid(names.signature);
  const genuine = secrets.some((secret) => {
    const expected = signatureOf(delivery, secret, id, timestamp);
    return given.some((signature) => sameText(signature, expected));
  });
  if (!genuine) throw signatureInvalid(names.signature);
  return id;
}

/** What a secret must be: "whsec_" and 24 to 64 bytes in base64, with its padding. */
export function isStandardWebhooksSecret(secret: string): boolean {
  const [, base64] = /^whsec_([A-Za-z\d+/]+={0,2})$/.exec(secret) ?? [];
  if (base64 === undefined) return false;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === base64;
}

/** Without a full stop, as the standard demands: it would move the borders between the id, the time and the body. */
function idOf(delivery: Delivery, name: string): string {
  const id = signatureHeader(delivery, name);
  if (isEventId(id) && !id.includes('.')) return id;
  throw new DeliveryRefusedError('signature-invalid', `The header ${name} must hold an id, without full stops.`);
}

/**
 * Over the bytes as they came. The library of the standard computes SHA-256 in JavaScript: a body of 1 MB would hold the
 * process for 60 ms for whoever sends one; it takes text only, a timestamp with letters after it, and no other clock.
 */
function signatureOf({ body }: Delivery, secret: string, id: string, timestamp: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `v1,${hmacSha256(key, `${id}.${timestamp}.`, body).toString('base64')}`;
}
