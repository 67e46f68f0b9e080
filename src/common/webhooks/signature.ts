import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { DeliveryRefusedError } from './delivery.errors.js';

/** Seconds by which the sender's clock and ours may differ, either way: what Stripe, Slack and Standard Webhooks advise. */
const TOLERANCE_SECONDS = 300;

/** HMAC-SHA256 (RFC 2104) over parts as if they were one text. */
export function hmacSha256(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/**
 * Whether two texts are the same, in a time that tells nothing about where they differ, nor how long the secret one is:
 * their digests are compared. Texts, not what they decode to: so only one spelling of a signature is good.
 */
export function sameText(given: string, expected: string): boolean {
  return timingSafeEqual(sha256(given), sha256(expected));
}

export function signatureInvalid(name: string): DeliveryRefusedError {
  return new DeliveryRefusedError('signature-invalid', `No signature in the header ${name} is good for this delivery.`);
}

/**
 * Checks that a delivery was signed just now: an old one may be somebody's recording. Digits only, without zeros in front,
 * so that the number has one spelling and can't run into what is signed beside it.
 * @param name of the header that it is from
 * @throws DeliveryRefusedError
 */
export function checkTimestamp(name: string, timestamp: string, now: number): void {
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) {
    throw new DeliveryRefusedError(
      'signature-invalid',
      `The header ${name} must hold the seconds since 1970, in digits.`,
    );
  }
  const seconds = Number(timestamp) - Math.floor(now / 1000);
  if (Math.abs(seconds) <= TOLERANCE_SECONDS) return;
  const off = `${Math.abs(seconds)} seconds in the ${seconds < 0 ? 'past' : 'future'}`;
  throw new DeliveryRefusedError(
    'signature-stale',
    `The timestamp in the header ${name} is ${off}; more than 5 minutes (${TOLERANCE_SECONDS} seconds) are not accepted.`,
  );
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
