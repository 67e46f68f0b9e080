import { EncryptionUnavailableError } from '../../encryption.errors.js';
import type { Place } from '../../place.js';

/** A key in a key management service, by the operations of that service. */
export interface KmsKey {
  /** Names the key; stored beside each data key. */
  readonly id: string;
  /** The name of the service, for messages. */
  readonly service: string;
  encrypt(plaintext: Buffer, place: Place, signal: AbortSignal): Promise<string>;
  /** Rejects with MasterKeyRefusedError when the service has looked at the ciphertext and does not open it. */
  decrypt(ciphertext: string, place: Place, signal: AbortSignal): Promise<Buffer>;
}

/** The error of a URI that does not have the form of its service. */
export function wrongUri(source: string, form: string): EncryptionUnavailableError {
  return new EncryptionUnavailableError(`${source} must ${form}. Nothing was changed.`);
}
