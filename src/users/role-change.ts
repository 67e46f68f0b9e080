import { type EntityManager } from '@mikro-orm/postgresql';
import { type Audit } from '../common/audit/audit.js';
import { makePublicId } from '../common/public-id.js';
import { type User, type UserRole } from './user.entity.js';

/**
 * Gives a user a role and records it, for the API and for the command line alike; the same role again is no change. Inside a
 * transaction, which must tell the processes of it.
 */
export async function changeRole(
  { em, audit }: { em: EntityManager; audit: Audit },
  user: User,
  role: UserRole,
): Promise<void> {
  const before = user.role;
  if (role === before) return;
  user.role = role;
  await audit.record(em, {
    action: 'user.role-changed',
    object: makePublicId('user', user.publicId),
    owner: user.publicId,
    details: { before, after: role },
  });
}
