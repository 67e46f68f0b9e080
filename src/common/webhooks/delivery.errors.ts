import { DomainError } from '../errors.js';

export type RefusalCode =
  'signature-missing' | 'signature-invalid' | 'signature-stale' | 'header-repeated' | 'delivery-credentials-invalid';

/**
 * A delivery that does not prove where it comes from. Whoever reads the message has proved nothing: it names headers and
 * limits, never the secret, the signature that was expected, or what was sent.
 */
export class DeliveryRefusedError extends DomainError {
  readonly kind: 'malformed' | 'unauthenticated';

  constructor(
    readonly code: RefusalCode,
    message: string,
    override readonly challenge?: string,
  ) {
    super(message);
    this.kind = code === 'header-repeated' ? 'malformed' : 'unauthenticated';
  }
}
