import { type EntityManager } from '@mikro-orm/postgresql';

/** Processes hear on it which key, by its hash, they must not go on with as they know it. */
export const REVOCATION_CHANNEL = 'api_key_revoked';

/** Tells every process to forget a key; they hear it when the transaction of `em` commits. */
export async function announceRevocation(em: EntityManager, keyHash: string): Promise<void> {
  await em.execute('select pg_notify(?, ?)', [REVOCATION_CHANNEL, keyHash]);
}
