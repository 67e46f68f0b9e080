import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { CiphertextError } from './encryption.errors.js';
import type { Place } from './place.js';

/** A 256-bit secret and the name under which ciphertexts refer to it: 16 hexadecimal digits. */
export interface SealingKey {
  readonly id: string;
  readonly secret: KeyObject;
}

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;

/** `v1.<key id>.<base64url of salt ‖ commitment ‖ tag ‖ data>` */
const format = /^v1\.([0-9a-f]{16})\.([\w-]+)$/;

/** A new key with random id: ids never repeat, not even after the database was restored from a backup. */
export function makeSealingKey(): SealingKey {
  return { id: randomBytes(8).toString('hex'), secret: createSecretKey(randomBytes(KEY_BYTES)) };
}

/**
 * Encrypts a text for one place; the result is ASCII: 127 characters, and 4 for each 3 bytes of the text.
 * @throws TypeError when the text or the place has a lone surrogate, which UTF-8 cannot carry.
 */
export function seal(plaintext: string, key: SealingKey, place: Place): string {
  const salt = randomBytes(SALT_BYTES);
  const derived = derive(key, salt);
  const cipher = createCipheriv(CIPHER, derived.key, derived.nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(key.id, place));
  const data = Buffer.concat([cipher.update(utf8(plaintext)), cipher.final()]);
  const sealed = Buffer.concat([salt, derived.commitment, cipher.getAuthTag(), data]);
  return prefixOf(key.id) + sealed.toString('base64url');
}

/**
 * The text that was sealed for this place.
 * @throws CiphertextError, always the same one, whatever is wrong with the ciphertext.
 */
export function open(ciphertext: string, keys: ReadonlyMap<string, SealingKey>, place: Place): string {
  const plaintext = tryOpen(ciphertext, keys, place);
  if (plaintext === undefined) throw new CiphertextError(place);
  return plaintext;
}

/** The id of the key that a ciphertext says it was sealed with; undefined when it is no ciphertext. */
export function keyIdOf(ciphertext: string): string | undefined {
  return format.exec(ciphertext)?.[1];
}

/** What all ciphertexts of a key begin with. */
export function prefixOf(keyId: string): string {
  return `${VERSION}.${keyId}.`;
}

function tryOpen(ciphertext: string, keys: ReadonlyMap<string, SealingKey>, place: Place): string | undefined {
  const [, keyId, text] = format.exec(ciphertext) ?? [];
  const key = keys.get(keyId ?? '');
  const parts = text === undefined ? undefined : split(text);
  if (!key || !parts) return undefined;

  const derived = derive(key, parts.salt);
  if (!timingSafeEqual(derived.commitment, parts.commitment)) return undefined;

  const decipher = createDecipheriv(CIPHER, derived.key, derived.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(key.id, place));
  decipher.setAuthTag(parts.tag);
  const data = decipher.update(parts.data);
  try {
    return Buffer.concat([data, decipher.final()]).toString();
  } catch {
    return undefined;
  }
}

function split(text: string): Record<'salt' | 'commitment' | 'tag' | 'data', Buffer> | undefined {
  const bytes = Buffer.from(text, 'base64url');
  // The last character may hold bits that decoding drops: only the one canonical spelling is taken.
  if (bytes.toString('base64url') !== text) return undefined;
  const commitmentAt = SALT_BYTES;
  const tagAt = commitmentAt + COMMITMENT_BYTES;
  const dataAt = tagAt + TAG_BYTES;
  if (bytes.length < dataAt) return undefined;
  return {
    salt: bytes.subarray(0, commitmentAt),
    commitment: bytes.subarray(commitmentAt, tagAt),
    tag: bytes.subarray(tagAt, dataAt),
    data: bytes.subarray(dataAt),
  };
}

/**
 * The key, nonce and commitment of one value, by HKDF-SHA-256 (RFC 5869) from its 256-bit salt. Since each value has a
 * key of its own, nonces cannot collide however many values there are. AES-GCM alone lets one ciphertext open under
 * two keys; the commitment pins the key (as in the committing suites of the AWS Encryption SDK).
 */
function derive({ secret }: SealingKey, salt: Buffer): Record<'key' | 'nonce' | 'commitment', Buffer> {
  const length = KEY_BYTES + NONCE_BYTES + COMMITMENT_BYTES;
  const bytes = Buffer.from(hkdfSync('sha256', secret, salt, 'seer/v1/value', length));
  return {
    key: bytes.subarray(0, KEY_BYTES),
    nonce: bytes.subarray(KEY_BYTES, KEY_BYTES + NONCE_BYTES),
    commitment: bytes.subarray(KEY_BYTES + NONCE_BYTES),
  };
}

/** Each field follows its length, so no two places have the same encoding. */
function associatedData(keyId: string, { table, column, row, owner }: Place): Buffer {
  return Buffer.concat(
    [VERSION, keyId, table, column, row, owner].flatMap((field) => {
      const bytes = utf8(field);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Encoding would silently replace lone surrogates: the value would come back changed, and two places look alike. */
function utf8(text: string): Buffer {
  if (!text.isWellFormed()) throw new TypeError('A text with a lone surrogate has no UTF-8 form; it is not encrypted.');
  return Buffer.from(text);
}
