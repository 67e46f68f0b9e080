import { type EntityManager } from '@mikro-orm/postgresql';
import { EncryptionRotation } from '../rotation/encryption-rotation.entity.js';

/** The rotation under way, else the last one. */
export async function lastRotation(em: EntityManager): Promise<EncryptionRotation | undefined> {
  const [rotation] = await em.find(EncryptionRotation, {}, { orderBy: { startedAt: 'desc' }, limit: 1 });
  return rotation;
}
