import type { EntityManager } from '@mikro-orm/postgresql';
import { advisoryLocks } from '../database/advisory-locks.js';
import { makeSealingKey, open, seal, type SealingKey } from './ciphertext.js';
import { EncryptionKey } from './encryption-key.entity.js';
import { EncryptionKeyRefusedError, EncryptionUnavailableError } from './encryption.errors.js';
import { MasterKeyRefusedError, type MasterKeyProvider } from './master-key/master-key-provider.js';
import type { Place } from './place.js';

/** Processes hear on it that the table of keys has changed. */
export const KEYS_CHANGED_CHANNEL = 'encryption_keys_changed';

/** What changes the table of keys takes turns, until the end of the transaction. */
export async function lockKeys(em: EntityManager): Promise<void> {
  await em.execute('select pg_advisory_xact_lock(?)', [advisoryLocks.keyRing]);
}

/** Tells every process to look at the table of keys; they hear it when the transaction of `em` commits. */
export async function announceKeys(em: EntityManager): Promise<void> {
  await em.execute(`select pg_notify('${KEYS_CHANGED_CHANNEL}', '')`);
}

/** All rows of keys, the oldest first. */
export function allKeys(em: EntityManager): Promise<EncryptionKey[]> {
  return em.find(EncryptionKey, {}, { orderBy: { createdAt: 'asc', id: 'asc' } });
}

/**
 * A new data key and its row, which is not stored yet.
 * @throws EncryptionUnavailableError when the master key cannot wrap it, or does not open what it wrapped.
 */
export async function makeKey(
  master: MasterKeyProvider,
  status: EncryptionKey['status'],
): Promise<{ key: SealingKey; row: EncryptionKey }> {
  const key = makeSealingKey();
  const row = new EncryptionKey({
    id: key.id,
    status,
    canary: seal('canary', key, placeOf('canary', key.id)),
    ...(await wrapKey(key, master)),
  });
  return { key, row };
}

/** A data key under this master key, proven to open again: a wrapped key that does not is worse than none. */
export async function wrapKey(
  { id, secret }: SealingKey,
  master: MasterKeyProvider,
): Promise<Pick<EncryptionKey, 'wrappedKey' | 'masterKeyId'>> {
  const place = placeOf('wrapped_key', id);
  const wrappedKey = await master.wrap(secret, place);
  if (!(await master.unwrap(wrappedKey, place)).equals(secret)) {
    throw new EncryptionUnavailableError(`The master key in ${master.source} does not give back what it wrapped.`);
  }
  return { wrappedKey, masterKeyId: master.id };
}

/**
 * The data key of a row; its canary proves that it is the right one.
 * @throws EncryptionKeyRefusedError when this master key does not open it.
 * @throws EncryptionUnavailableError when the master key cannot be reached.
 */
export async function unwrapKey(row: EncryptionKey, master: MasterKeyProvider): Promise<SealingKey> {
  try {
    const key = { id: row.id, secret: await master.unwrap(row.wrappedKey, placeOf('wrapped_key', row.id)) };
    open(row.canary, new Map([[key.id, key]]), placeOf('canary', row.id));
    return key;
  } catch (cause) {
    if (cause instanceof EncryptionUnavailableError) throw cause;
    throw new EncryptionKeyRefusedError(whyNot(row, master, cause), { cause });
  }
}

function whyNot(row: EncryptionKey, master: MasterKeyProvider, cause: unknown): string {
  const answer = cause instanceof MasterKeyRefusedError ? ` (${cause.message})` : '';
  return row.masterKeyId === master.id
    ? `The encryption key ${row.id} does not open with the master key in ${master.source}, although that wrapped it${answer}: ` +
        'its row in the table encryption_key was altered. Restore the row from a backup. Nothing was changed.'
    : `The master key in ${master.source} is ${master.id}, but the encryption keys of this database were wrapped by ` +
        `${row.masterKeyId}${answer}. Start with that master key. Nothing was changed.`;
}

function placeOf(column: string, keyId: string): Place {
  return { table: 'encryption_key', column, row: keyId, owner: 'seer' };
}
