import type { KeyObject } from 'node:crypto';
import type { Place } from '../place.js';

/** Something that holds a master key and wraps data keys with it: this process, or a key management service. */
export interface MasterKeyProvider {
  /** Names the master key without revealing it; stored beside each key that it wrapped. */
  readonly id: string;
  /** Where the operator configures it, for messages: a variable, or a file and its variable. */
  readonly source: string;
  /**
   * The data key as text that only this master key can unwrap, and only for the same place.
   * @throws EncryptionUnavailableError when the service that holds the master key cannot be reached or does not let us.
   */
  wrap(dataKey: KeyObject, place: Place): Promise<string>;
  /**
   * Rejects when the text was wrapped by another master key, for another place, or was altered.
   * @throws EncryptionUnavailableError as `wrap` does: nothing is said about the text then.
   */
  unwrap(wrapped: string, place: Place): Promise<KeyObject>;
}

/** A key management service has looked at a wrapped key and refuses to open it; the message is the answer of it. */
export class MasterKeyRefusedError extends Error {
  override readonly name = 'MasterKeyRefusedError';
}
