import { type Delivery } from './delivery.js';
import { DeliveryRefusedError } from './delivery.errors.js';

/** Characters of a header that is read: room for a dozen signatures. */
const MAX_HEADER_LENGTH = 2_048;

/**
 * The one value of a header that holds a signature, or what a signature is about.
 * @param name as people write it
 * @throws DeliveryRefusedError
 */
export function signatureHeader(delivery: Delivery, name: string): string {
  const value = singleHeader(delivery, name);
  if (value === undefined) throw new DeliveryRefusedError('signature-missing', `The header ${name} is missing.`);
  if (value.length > MAX_HEADER_LENGTH) throw new DeliveryRefusedError('signature-invalid', tooLong(name));
  return value;
}

/**
 * The one value of a header that holds a password or a token.
 * @param name as people write it
 * @param challenge what a sender without it is told to send, where that is a scheme of HTTP
 * @throws DeliveryRefusedError
 */
export function credentialsHeader(delivery: Delivery, name: string, challenge?: string): string {
  const value = singleHeader(delivery, name);
  const refused = (message: string) => new DeliveryRefusedError('delivery-credentials-invalid', message, challenge);
  if (value === undefined) throw refused(`The header ${name} is missing.`);
  if (value.length > MAX_HEADER_LENGTH) throw refused(tooLong(name));
  return value;
}

/** Whether a header came at all, once or several times. */
export function hasHeader({ headers, repeated }: Delivery, name: string): boolean {
  return Object.hasOwn(headers, name.toLowerCase()) || repeated.has(name.toLowerCase());
}

/** Of a header that came twice, Node takes the first or joins both, and a proxy before it may have judged the other. */
function singleHeader({ headers, repeated }: Delivery, name: string): string | undefined {
  const key = name.toLowerCase();
  if (repeated.has(key)) {
    throw new DeliveryRefusedError('header-repeated', `The header ${name} came more than once; it may come once only.`);
  }
  // Not by `headers[key]`: a header may be called "constructor".
  return Object.hasOwn(headers, key) ? headers[key] || undefined : undefined;
}

function tooLong(name: string): string {
  return `The header ${name} is longer than ${MAX_HEADER_LENGTH} characters.`;
}
