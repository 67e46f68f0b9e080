import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { open, seal } from '../ciphertext.js';
import { EncryptionUnavailableError } from '../encryption.errors.js';
import type { MasterKeyProvider } from './master-key-provider.js';

const MASTER_KEY_BYTES = 32;

/** A master key that this process holds itself; it seals data keys the way data keys seal values. */
export function localMasterKey(secret: KeyObject, source: string): MasterKeyProvider {
  const key = { id: fingerprint(secret), secret };
  const keys = new Map([[key.id, key]]);
  return {
    id: `local:${key.id}`,
    source,
    wrap: async (dataKey, place) => seal(dataKey.export().toString('base64'), key, place),
    unwrap: async (wrapped, place) => createSecretKey(open(wrapped, keys, place), 'base64'),
  };
}

/**
 * Reads a master key: 32 bytes in base64, as `openssl rand -base64 32` prints them.
 * @param source where the text comes from, for the message; the text itself never appears in it.
 * @throws EncryptionUnavailableError when it is anything else.
 */
export function parseMasterKey(text: string, source: string): KeyObject {
  const bytes = Buffer.from(text.trim(), 'base64');
  if (bytes.length !== MASTER_KEY_BYTES || bytes.toString('base64') !== text.trim()) {
    throw new EncryptionUnavailableError(
      `The master key in ${source} must be ${MASTER_KEY_BYTES} bytes in base64. Restore the one that this ` +
        'installation started with; only for a new installation make one with: openssl rand -base64 32',
    );
  }
  return createSecretKey(bytes);
}

/** Tells master keys apart; HKDF is one-way, so it may be stored and shown. */
function fingerprint(secret: KeyObject): string {
  return Buffer.from(hkdfSync('sha256', secret, '', 'seer/v1/master-key-id', 8)).toString('hex');
}
