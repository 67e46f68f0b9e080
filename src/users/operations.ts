import { type EntityManager } from '@mikro-orm/postgresql';
import { validateSync } from 'class-validator';
import { OperatorError } from '../common/operator.error.js';
import { Audit } from '../common/audit/audit.js';
import { makePublicId, parsePublicId } from '../common/public-id.js';
import { issueApiKey, revokeApiKey } from './api-keys/api-key-changes.js';
import { CreateApiKeyRequest } from './api-keys/api-key.dto.js';
import { ApiKey } from './api-keys/api-key.entity.js';
import { announceAccessChange } from './auth/access-news.js';
import { type ScopeName, scopeNames, usableScopes } from './auth/scopes.js';
import { changeRole } from './role-change.js';
import { User, type UserRole } from './user.entity.js';

/** What operators do with users and keys on the command line, where nobody is signed in. */

const audit = new Audit({ userOf: () => undefined, otherwise: 'cli' });

/** The newest first. */
export function newestUsers(em: EntityManager, limit: number): Promise<User[]> {
  return em.find(User, {}, { orderBy: { id: 'desc' }, limit });
}

/**
 * The one user of this id (`usr_…`), subject (`user_id`) or e-mail: the first of these that fits anybody counts.
 * @param issuer needed where several issuers know such a one.
 * @throws OperatorError when there is none, or more than one.
 */
export async function findUser(em: EntityManager, name: string, issuer?: string): Promise<User> {
  const uuid = parsePublicId('user', name);
  let found: User[] = [];
  for (const where of [...(uuid ? [{ publicId: uuid }] : []), { userId: name }, { email: name }]) {
    found = await em.find(User, { ...where, ...(issuer && { issuer }) });
    if (found.length > 0) break;
  }
  if (found.length !== 1) throw noSuchUser(name, found);
  return found[0]!;
}

/** Gives a user a role; their keys have it from the next request on. */
export async function setRole(em: EntityManager, user: User, role: UserRole): Promise<void> {
  await em.transactional(async (em) => {
    await changeRole({ em, audit }, user, role);
    await announceAccessChange(em, 'users');
  });
}

/** The newest first, revoked and expired ones too. */
export function keysOf(em: EntityManager, user: User): Promise<ApiKey[]> {
  return em.find(ApiKey, { user }, { orderBy: { keyId: 'desc' } });
}

/**
 * Makes a key of a user.
 * @param wanted.scopes names, or `all` that the user's role may use
 * @throws OperatorError when the name or a scope is not one, or the user's role cannot use it.
 */
export function makeKey(
  em: EntityManager,
  user: User,
  wanted: { name: string; scopes: string[]; expires?: string },
): Promise<{ key: ApiKey; secret: string }> {
  const usable = [...usableScopes(scopeNames, user.role)];
  const scopes = wanted.scopes.join() === 'all' ? usable : wanted.scopes;
  const request = Object.assign(new CreateApiKeyRequest(), { name: wanted.name, scopes, expires_at: wanted.expires });
  const faults = validateSync(request).flatMap(({ constraints }) => Object.values(constraints ?? {}));
  if (scopes.includes('admin') && user.role !== 'admin') faults.push('the scope admin needs the role admin');
  if (faults.length > 0) {
    const known = [...scopeNames, 'all'].join(', ');
    throw new OperatorError(`The key was not made: ${faults.join('; ')}. Scopes are ${known}.`);
  }
  return issueApiKey({ em, audit }, user.id, { ...request, scopes: scopes as ScopeName[] });
}

/** Revokes anybody's key; a second time changes nothing. @throws ApiKeyNotFoundError */
export function revokeKey(em: EntityManager, publicId: string): Promise<ApiKey> {
  return revokeApiKey({ em, audit }, publicId, {});
}

function noSuchUser(name: string, candidates: readonly User[]): OperatorError {
  if (candidates.length === 0) return new OperatorError(`There is no user with the id, subject or e-mail "${name}".`);
  const lines = candidates.map(
    ({ publicId, issuer, userId, email }) => `  ${makePublicId('user', publicId)}  ${userId} of ${issuer}  (${email})`,
  );
  return new OperatorError(`There are ${lines.length} users "${name}"; say which by id:\n${lines.join('\n')}`);
}
