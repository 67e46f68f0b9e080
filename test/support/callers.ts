import { randomUUID } from 'node:crypto';
import { MikroORM } from '@mikro-orm/postgresql';
import { type INestApplication } from '@nestjs/common';
import { makePublicId } from '../../src/common/public-id.js';
import { makeApiKeySecret } from '../../src/users/api-keys/api-key-secret.js';
import { ApiKey } from '../../src/users/api-keys/api-key.entity.js';
import { type ScopeName, scopeNames } from '../../src/users/auth/scopes.js';
import { User, type UserRole } from '../../src/users/user.entity.js';

/** A new user with an API key; by default a member whose key may do all that a member may. */
export async function makeCaller(
  app: INestApplication,
  wanted: { role?: UserRole; scopes?: ScopeName[]; expiresAt?: Date; revokedAt?: Date } = {},
): Promise<{ token: string; user: User; key: { id: string; publicId: string } }> {
  const em = app.get(MikroORM).em.fork();
  const user = new User({ issuer: 'https://id.example.com', userId: randomUUID(), email: 'ada@example.com' });
  user.role = wanted.role ?? 'member';
  const token = makeApiKeySecret();
  const scopes = wanted.scopes ?? scopeNames.filter((scope) => scope !== 'admin');
  const key = new ApiKey({ user, name: 'Test', secret: token, scopes, expiresAt: wanted.expiresAt ?? null });
  key.revokedAt = wanted.revokedAt ?? null;
  await em.persist(key).flush();
  return { token, user, key: { id: key.id, publicId: makePublicId('apiKey', key.keyId) } };
}
