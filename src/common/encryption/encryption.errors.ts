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

/** The start was refused: without the right master key no stored secret can be read and none may be written. */
export class EncryptionUnavailableError extends Error {
  override readonly name = 'EncryptionUnavailableError';
  readonly code = 'encryption-unavailable';
}
