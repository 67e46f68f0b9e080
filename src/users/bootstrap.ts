import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../common/audit/audit.js';
import { Environment } from '../common/config/environment.js';
import { ConfigurationError } from '../common/config/read-environment.js';
import { advisoryLocks } from '../common/database/advisory-locks.js';
import { makePublicId } from '../common/public-id.js';
import { hashApiKey, makeApiKeySecret } from './api-keys/api-key-secret.js';
import { ApiKey } from './api-keys/api-key.entity.js';
import { isJwt, MAX_TOKEN_LENGTH } from './auth/bearer-token.js';
import { scopeNames } from './auth/scopes.js';
import { User } from './user.entity.js';

/** Makes the first administrator, so that a new installation can be used. */
@Injectable()
export class Bootstrap {
  constructor(
    private readonly em: EntityManager,
    private readonly environment: Environment,
    private readonly audit: Audit,
  ) {}

  /**
   * Sees to it that the administrator exists and has a key: that of SEER_BOOTSTRAP_API_KEY, else a new one if there
   * never was any. A key that was revoked stays revoked, even when it is still configured. Processes that start
   * together take turns by an advisory lock.
   * @returns the secret of a key that was made now, to be shown once; undefined for a configured one.
   * @throws ConfigurationError when the configured key can't be told from a JWT or doesn't fit into a header.
   */
  async firstAdminKey(): Promise<string | undefined> {
    const given = this.environment.bootstrapApiKey;
    if (given) refuseUnusableKey(given);
    return this.em.fork().transactional(async (em) => {
      await em.execute('select pg_advisory_xact_lock(?)', [advisoryLocks.firstAdministrator]);
      const admin = await this.firstAdministrator(em);
      if (given) {
        const known = await em.count(ApiKey, { keyHash: hashApiKey(given) });
        if (known === 0) await this.makeKey(em, admin, given);
        return undefined;
      }
      if ((await em.count(ApiKey, { user: admin })) > 0) return undefined;
      const secret = makeApiKeySecret();
      await this.makeKey(em, admin, secret);
      return secret;
    });
  }

  private async firstAdministrator(em: EntityManager): Promise<User> {
    const identity = { issuer: 'seer', userId: 'admin' };
    const known = await em.findOne(User, identity);
    if (known) return known;
    const admin = new User({ ...identity, email: '' });
    admin.role = 'admin';
    await em.persist(admin).flush();
    const object = makePublicId('user', admin.publicId);
    await this.audit.record(em, {
      action: 'user.created',
      object,
      owner: admin.publicId,
      details: { role: admin.role },
    });
    return admin;
  }

  private async makeKey(em: EntityManager, user: User, secret: string): Promise<void> {
    const key = new ApiKey({ user, name: 'First administrator', secret, scopes: scopeNames, expiresAt: null });
    await em.persist(key).flush();
    await this.audit.record(em, {
      action: 'api-key.created',
      object: makePublicId('apiKey', key.keyId),
      owner: user.publicId,
      details: { name: key.name, scopes: key.scopes },
    });
  }
}

function refuseUnusableKey(given: string): void {
  if (given.length > MAX_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(given)) {
    throw new ConfigurationError(
      `SEER_BOOTSTRAP_API_KEY must be at most ${MAX_TOKEN_LENGTH} ASCII characters without spaces, because it is sent in a header`,
    );
  }
  if (isJwt(given)) {
    throw new ConfigurationError(
      'SEER_BOOTSTRAP_API_KEY must not be three parts between dots, because it would be taken for a JWT',
    );
  }
}
