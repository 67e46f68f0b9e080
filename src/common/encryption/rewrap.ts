import type { EntityManager } from '@mikro-orm/postgresql';
import type { EncryptionKey } from './encryption-key.entity.js';
import { EncryptionKeyRefusedError } from './encryption.errors.js';
import { allKeys, lockKeys, unwrapKey, wrapKey } from './key-store.js';
import type { MasterKeyProvider } from './master-key/master-key-provider.js';

/**
 * Puts all data keys, retired ones too, under a new master key: every key is opened and proven by its canary, wrapped
 * anew and proven again, and all are written at once. Values stay as they are, and so do processes that are running.
 * Keys that the new master key opens already are left alone, so it may be repeated.
 * @returns the ids of the keys that were rewrapped.
 * @throws EncryptionUnavailableError when one of the keys opens with neither master key; nothing was changed then.
 */
export async function rewrapKeys(
  em: EntityManager,
  { from, to }: { from: MasterKeyProvider; to: MasterKeyProvider },
): Promise<string[]> {
  return em.transactional(async (em) => {
    await lockKeys(em);
    const rewrapped: string[] = [];
    for (const row of await allKeys(em)) {
      if (await opens(row, to)) continue;
      Object.assign(row, await wrapKey(await unwrapKey(row, from), to));
      await unwrapKey(row, to);
      rewrapped.push(row.id);
    }
    return rewrapped;
  });
}

/** @throws EncryptionUnavailableError when the service of the master key cannot be reached, rather than "no". */
async function opens(row: EncryptionKey, master: MasterKeyProvider): Promise<boolean> {
  try {
    await unwrapKey(row, master);
    return true;
  } catch (error) {
    if (error instanceof EncryptionKeyRefusedError) return false;
    throw error;
  }
}
