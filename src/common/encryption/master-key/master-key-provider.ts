import type { KeyObject } from 'node:crypto';
import type { Place } from '../place.js';

/** Something that holds a master key and wraps data keys with it: this process, or a key management service. */
export interface MasterKeyProvider {
  /** Names the master key without revealing it; stored beside each key that it wrapped. */
  readonly id: string;
  /** Where the operator configures it, for messages: a variable, or a file and its variable. */
  readonly source: string;
  /** The data key as text that only this master key can unwrap, and only for the same place. */
  wrap(dataKey: KeyObject, place: Place): Promise<string>;
  /** Rejects when the text was wrapped by another master key, for another place, or was altered. */
  unwrap(wrapped: string, place: Place): Promise<KeyObject>;
}
