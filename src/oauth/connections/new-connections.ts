import { LockMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { makePublicId } from '../../common/public-id.js';
import { User } from '../../users/index.js';
import { AccountMismatchError, ConnectionNotFoundError } from '../oauth.errors.js';
import { type TokenGrant } from '../protocol/token-grant.js';
import { type ProviderAccount } from '../providers/define-provider.js';
import { ConnectionRenewals } from './connection-renewals.js';
import { ConnectionTokens } from './connection-tokens.js';
import { OAuthConnection } from './oauth-connection.entity.js';

/** An account whose owner has consented. */
export interface Consent {
  readonly userId: string;
  readonly provider: string;
  readonly account: ProviderAccount;
  readonly grant: TokenGrant;
  readonly askedScopes: readonly string[];
  /** The connection that this was to renew. */
  readonly connectionId: string | null;
}

/** Makes connections, and renews them: the same account of a user is always the same connection, so workflows keep working. */
@Injectable()
export class NewConnections {
  constructor(
    private readonly em: EntityManager,
    private readonly tokens: ConnectionTokens,
    private readonly renewals: ConnectionRenewals,
    private readonly audit: Audit,
  ) {}

  /** @throws AccountMismatchError, ConnectionNotFoundError when another connection was to be renewed */
  async save(consent: Consent): Promise<OAuthConnection> {
    await this.tokens.prepare();
    try {
      return await this.tryToSave(consent);
    } catch (error) {
      // Two browsers finished at the same moment: now there is one to be renewed.
      if (error instanceof UniqueConstraintViolationException) return this.tryToSave(consent);
      throw error;
    }
  }

  private async tryToSave(consent: Consent): Promise<OAuthConnection> {
    const { connection, tellRest } = await this.store(consent);
    tellRest();
    return connection;
  }

  private store({
    userId,
    provider,
    account,
    grant,
    askedScopes,
    connectionId,
  }: Consent): Promise<{ connection: OAuthConnection; tellRest: () => void }> {
    return this.em.fork().transactional(async (em) => {
      const user = await em.findOneOrFail(User, { id: userId });
      const lock = { lockMode: LockMode.PESSIMISTIC_WRITE };
      const renewed = connectionId && (await em.findOne(OAuthConnection, { connectionId, user, provider }, lock));
      // Deleted in the meantime, on purpose: it does not come back as another one, of whatever account.
      if (connectionId && !renewed) throw new ConnectionNotFoundError(makePublicId('connection', connectionId));
      if (renewed && renewed.providerAccountId !== account.id) {
        const publicId = makePublicId('connection', renewed.connectionId);
        throw new AccountMismatchError(publicId, renewed.accountLabel, account.label);
      }
      const known = await em.findOne(OAuthConnection, { user, provider, providerAccountId: account.id }, lock);
      const connection =
        known ??
        new OAuthConnection({
          user,
          provider,
          providerAccountId: account.id,
          accountLabel: account.label,
          scopes: [],
        });
      const owner = { connectionId: connection.connectionId, userId };
      connection.accountLabel = account.label;
      connection.accessToken = this.tokens.seal(owner, 'access_token', grant.accessToken);
      // A second consent may come without one; the first one's is still good then.
      if (grant.refreshToken) connection.refreshToken = this.tokens.seal(owner, 'refresh_token', grant.refreshToken);
      connection.scopes = grant.scopes ?? [...askedScopes];
      connection.expiresAt = grant.expiresAt;
      connection.status = 'healthy';
      connection.lastRefreshedAt = new Date();
      connection.lastError = null;
      connection.refreshFailures = 0;
      connection.retryAt = null;
      await em.persist(connection).flush();
      const publicId = makePublicId('connection', connection.connectionId);
      await this.audit.record(em, {
        action: known ? 'connection.reconnected' : 'connection.connected',
        object: publicId,
        owner: user.publicId,
        details: { provider, account: account.label, scopes: connection.scopes },
      });
      const tellRest = await this.renewals.tell(em as EntityManager, { userId, connectionId: publicId });
      return { connection, tellRest };
    });
  }
}
