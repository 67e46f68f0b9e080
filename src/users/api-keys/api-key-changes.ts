import { type EntityManager } from '@mikro-orm/postgresql';
import { type Audit } from '../../common/audit/audit.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { announceAccessChange } from '../auth/access-news.js';
import { type ScopeName } from '../auth/scopes.js';
import { User } from '../user.entity.js';
import { makeApiKeySecret } from './api-key-secret.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyExpiryInPastError, ApiKeyLimitReachedError, ApiKeyNotFoundError } from './api-key.errors.js';

/** Most keys of one user that are neither revoked nor expired. */
const MAX_LIVE_KEYS = 100;

/** Where changes of keys are made, and written down. */
export interface Bookkeeping {
  readonly em: EntityManager;
  readonly audit: Audit;
}

/**
 * Makes a key of a user, for the API and for the command line alike; the secret is not kept anywhere.
 * @throws ApiKeyExpiryInPastError
 * @throws ApiKeyLimitReachedError
 */
export async function issueApiKey(
  { em, audit }: Bookkeeping,
  userId: string,
  wanted: { name: string; scopes: ScopeName[]; expires_at?: string | null },
): Promise<{ key: ApiKey; secret: string }> {
  const expiresAt = wanted.expires_at ? futureDate(wanted.expires_at) : null;
  const secret = makeApiKeySecret();
  const key = await em.transactional(async (em) => {
    await refuseMoreKeysThanAllowed(em, userId);
    const user = await em.findOneOrFail(User, userId);
    const made = new ApiKey({ user, name: wanted.name, scopes: wanted.scopes, secret, expiresAt });
    await em.persist(made).flush();
    const { name, scopes } = made;
    const details = { name, scopes, expires_at: expiresAt?.toISOString() ?? null };
    await audit.record(em, { action: 'api-key.created', object: objectOf(made), owner: user.publicId, details });
    return made;
  });
  return { key, secret };
}

/**
 * Revokes a key and tells every process of it; a second time changes nothing.
 * @param owner whose it must be; anybody's without.
 * @throws ApiKeyNotFoundError
 */
export async function revokeApiKey(
  { em, audit }: Bookkeeping,
  publicId: string,
  owner: { user?: string },
): Promise<ApiKey> {
  const keyId = parsePublicId('apiKey', publicId);
  if (!keyId) throw new ApiKeyNotFoundError(publicId);
  return em.transactional(async (em) => {
    const found = await em.findOne(ApiKey, { keyId, ...owner }, { populate: ['user'] });
    if (!found) throw new ApiKeyNotFoundError(publicId);
    const { name, user } = found;
    if (found.revokedAt === null) {
      found.revokedAt = new Date();
      const fact = {
        action: 'api-key.revoked',
        object: objectOf(found),
        owner: user.unwrap().publicId,
        details: { name },
      };
      await audit.record(em, fact);
    }
    await announceAccessChange(em, { keyHash: found.keyHash });
    return found;
  });
}

function objectOf({ keyId }: ApiKey): string {
  return makePublicId('apiKey', keyId);
}

function futureDate(text: string): Date {
  const date = new Date(text);
  // Written so that it refuses an invalid date too: second 60 is RFC 3339, but no Date.
  if (!(date.getTime() > Date.now())) throw new ApiKeyExpiryInPastError(text);
  return date;
}

/**
 * Counts under a lock on the user, so that requests which come in together can't each see one place left. `no key
 * update` lets through the inserts that only refer to the user, such as those of their runs.
 */
async function refuseMoreKeysThanAllowed(em: EntityManager, userId: string): Promise<void> {
  await em.execute('select from "user" where id = ? for no key update', [userId]);
  const [{ live }] = await em.execute<[{ live: number }]>(
    `select count(*)::int as live from api_key
      where user_id = ? and revoked_at is null and (expires_at is null or expires_at > now())`,
    [userId],
  );
  if (live >= MAX_LIVE_KEYS) throw new ApiKeyLimitReachedError(MAX_LIVE_KEYS);
}
