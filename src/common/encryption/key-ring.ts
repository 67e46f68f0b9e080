import type { EntityManager } from '@mikro-orm/postgresql';
import type { Environment } from '../config/environment.js';
import type { SealingKey } from './ciphertext.js';
import { EncryptionKey } from './encryption-key.entity.js';
import { EncryptionUnavailableError } from './encryption.errors.js';
import { allKeys, lockKeys, makeKey, unwrapKey } from './key-store.js';
import type { MasterKeyProvider } from './master-key/master-key-provider.js';
import { openMasterKey } from './master-key/open-master-key.js';

/** The unwrapped data keys, in memory only. */
export interface KeyRing {
  /** Encrypts every new value. */
  readonly primary: SealingKey;
  /** All keys that a stored value may be encrypted with, by id; the primary one too. */
  readonly keys: ReadonlyMap<string, SealingKey>;
  /** The first key that this installation has made, whether it is still in use or retired. */
  readonly oldest: SealingKey;
}

/** Whether a process has started on this database yet. */
export async function hasKeys(em: EntityManager): Promise<boolean> {
  return (await em.count(EncryptionKey)) > 0;
}

/**
 * The master key; the first start makes the first data key with it.
 * @throws EncryptionUnavailableError when it is missing or not a key; nothing was written then.
 */
export async function prepareKeys(em: EntityManager, environment: Environment): Promise<MasterKeyProvider> {
  if (!(await hasKeys(em))) await createFirstKey(em, environment);
  return openMasterKey(environment, false);
}

/**
 * Reads the data keys and proves that each is the right one.
 * @param known the ring that was read before: its keys need not be unwrapped again.
 * @throws EncryptionUnavailableError when the master key is the wrong one or cannot be reached.
 */
export async function readKeyRing(em: EntityManager, master: MasterKeyProvider, known?: KeyRing): Promise<KeyRing> {
  const rows = await allKeys(em);
  const inUse = rows.filter(({ status }) => status !== 'retired');
  const secretOf = async (row: EncryptionKey): Promise<SealingKey> =>
    known?.keys.get(row.id) ?? (known?.oldest.id === row.id ? known.oldest : unwrapKey(row, master));
  const primaryRow = rows.find(({ status }) => status === 'primary');
  if (!primaryRow) {
    throw new EncryptionUnavailableError(
      'The table encryption_key has keys but no primary one: restore the table from a backup, or set the status of ' +
        'the newest active key to primary.',
    );
  }
  // Together, since a key management service takes its time for each.
  const [oldest, ...opened] = await Promise.all([rows[0]!, ...inUse].map(secretOf));
  const keys = new Map(opened.map((key) => [key.id, key]));
  return { primary: keys.get(primaryRow.id)!, keys, oldest: oldest! };
}

/** Processes that start together take turns: one makes the key, the others find it. */
async function createFirstKey(em: EntityManager, environment: Environment): Promise<void> {
  await em.transactional(async (em) => {
    await lockKeys(em);
    if (await hasKeys(em)) return;
    const { row } = await makeKey(await openMasterKey(environment, true), 'primary');
    em.persist(row);
  });
}
