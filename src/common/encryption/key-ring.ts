import type { EntityManager } from '@mikro-orm/postgresql';
import type { Environment } from '../config/environment.js';
import { makeSealingKey, open, seal, type SealingKey } from './ciphertext.js';
import { EncryptionKey } from './encryption-key.entity.js';
import { EncryptionUnavailableError } from './encryption.errors.js';
import type { MasterKeyProvider } from './master-key/master-key-provider.js';
import { openMasterKey } from './master-key/open-master-key.js';
import type { Place } from './place.js';
import { advisoryLocks } from '../database/advisory-locks.js';

/** The unwrapped data keys, in memory only. */
export interface KeyRing {
  /** Encrypts every new value. */
  readonly primary: SealingKey;
  /** All keys that a stored value may be encrypted with, by id; the primary one too. */
  readonly keys: ReadonlyMap<string, SealingKey>;
  /** The key that has been in use for the longest time. */
  readonly oldest: SealingKey;
}

/**
 * Loads the data keys and proves that each is the right one; the first start makes the first.
 * @throws EncryptionUnavailableError when the master key is missing or wrong; nothing was written then.
 */
export async function openKeyRing(em: EntityManager, environment: Environment): Promise<KeyRing> {
  if ((await em.count(EncryptionKey)) === 0) await createFirstKey(em, environment);
  const master = await openMasterKey(environment, false);
  const rows = await em.find(
    EncryptionKey,
    { status: { $ne: 'retired' } },
    { orderBy: { createdAt: 'asc', id: 'asc' } },
  );
  const keys = new Map<string, SealingKey>();
  for (const row of rows) keys.set(row.id, await unwrap(row, master));
  const primary = keys.get(rows.find((row) => row.status === 'primary')?.id ?? '');
  if (!primary) {
    throw new EncryptionUnavailableError(
      'The table encryption_key has keys but no primary one: restore the table from a backup, or set the status of ' +
        'the newest active key to primary.',
    );
  }
  return { primary, keys, oldest: keys.get(rows[0]!.id)! };
}

/** Processes that start together take turns by an advisory lock: one makes the key, the others find it. */
async function createFirstKey(em: EntityManager, environment: Environment): Promise<void> {
  await em.transactional(async (em) => {
    await em.execute('select pg_advisory_xact_lock(?)', [advisoryLocks.keyRing]);
    if ((await em.count(EncryptionKey)) > 0) return;
    em.persist(await wrap(makeSealingKey(), await openMasterKey(environment, true)));
  });
}

async function wrap(key: SealingKey, master: MasterKeyProvider): Promise<EncryptionKey> {
  return new EncryptionKey({
    id: key.id,
    status: 'primary',
    wrappedKey: await master.wrap(key.secret, placeOf('wrapped_key', key.id)),
    masterKeyId: master.id,
    canary: seal('canary', key, placeOf('canary', key.id)),
  });
}

async function unwrap(row: EncryptionKey, master: MasterKeyProvider): Promise<SealingKey> {
  try {
    const key = { id: row.id, secret: await master.unwrap(row.wrappedKey, placeOf('wrapped_key', row.id)) };
    open(row.canary, new Map([[key.id, key]]), placeOf('canary', row.id));
    return key;
  } catch (cause) {
    throw new EncryptionUnavailableError(whyNot(row, master), { cause });
  }
}

function whyNot(row: EncryptionKey, master: MasterKeyProvider): string {
  return row.masterKeyId === master.id
    ? `The encryption key ${row.id} does not open with the master key in ${master.source}, although that wrapped it: ` +
        'its row in the table encryption_key was altered. Restore the row from a backup. Nothing was changed.'
    : `The master key in ${master.source} is ${master.id}, but the encryption keys of this database were wrapped by ` +
        `${row.masterKeyId}. Start with that master key. Nothing was changed.`;
}

function placeOf(column: string, keyId: string): Place {
  return { table: 'encryption_key', column, row: keyId, owner: 'seer' };
}
