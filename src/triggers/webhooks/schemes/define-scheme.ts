import { type JsonObject } from '../../../common/json.js';
import { type Delivery } from '../../../common/webhooks/delivery.js';
import { type SchemeSecret } from './scheme-secret.js';

/** What a delivery that was verified says of itself. */
export interface VerifiedDelivery {
  /** The sender's own id of the event, where the scheme signs one: the same when it is sent again. */
  readonly id?: string;
}

/** A way in which a sender proves that a delivery comes from it. */
export interface VerificationScheme<Options extends JsonObject = JsonObject> {
  /** What it is called in `config.verify.type`: lower case letters, digits, `_`. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schemas of the properties of `config.verify` besides `type`, and those that must be there. */
  readonly options: { readonly properties: JsonObject; readonly required: readonly string[] };
  /** Names (lower case) of the headers that it reads: credentials and signatures, which never become data of the event. */
  headers(options: Options): readonly string[];
  /** Its senders also send forms (`application/x-www-form-urlencoded`), which then become the JSON of the delivery. */
  readonly acceptsForms?: true;
  /** Undefined: it needs none. */
  readonly secret?: SchemeSecret;
  /**
   * @param secrets current first, then an older one within its overlap; each may have signed
   * @param now ms since epoch
   * @throws DeliveryRefusedError
   */
  verify(
    delivery: Delivery,
    options: Options,
    secrets: readonly string[],
    now: number,
  ): VerifiedDelivery | Promise<VerifiedDelivery>;
  /**
   * What to answer at once, with 200, to a delivery that only asks whether somebody listens; such a one is no event.
   * Undefined for all others. To be asked after `verify`, never before.
   */
  challenge?(delivery: Delivery): JsonObject | undefined;
}

/**
 * Defines a scheme: one file beside this one, and one line in the catalogue. Its `verify` gets those secrets only that
 * would be taken today: an empty one is a key that everybody knows.
 */
export function defineScheme<Options extends JsonObject>(scheme: VerificationScheme<Options>): VerificationScheme {
  const usable = (secret: string): boolean => scheme.secret?.check(secret) === undefined;
  return {
    ...scheme,
    verify: (delivery, options, secrets, now) =>
      scheme.verify(delivery, options as Options, secrets.filter(usable), now),
  } as VerificationScheme;
}
