import { DomainError } from '../errors.js';
import type { Place } from './place.js';

/**
 * An encrypted value does not open: malformed, altered, moved from another place, or of an unknown key. Which of these
 * it was is never told, or an attacker could try out changes one check at a time.
 */
export class CiphertextError extends Error {
  override readonly name = 'CiphertextError';
  readonly code = 'decryption-failed';

  constructor(place: Place) {
    super(`The encrypted value in ${place.table}.${place.column} of ${place.row} cannot be decrypted.`);
  }
}

/**
 * Without the right master key no stored secret can be read and none may be written: the start, or the command, was
 * refused. The message is for the operator.
 */
export class EncryptionUnavailableError extends Error {
  override readonly name = 'EncryptionUnavailableError';
  readonly code = 'encryption-unavailable';
}

/** The master key was there and does not open a data key: it is another one, or the row was altered. */
export class EncryptionKeyRefusedError extends EncryptionUnavailableError {}

/** A running process cannot read the table of keys, or not open a key in it, at the moment. */
export class EncryptionKeysUnavailableError extends DomainError {
  readonly code = 'encryption-keys-unavailable';
  readonly kind = 'unavailable';
  override readonly retryAfter = 5;

  constructor(options?: ErrorOptions) {
    super('The encryption keys cannot be read at the moment.');
    this.cause = options?.cause;
  }
}
