import { LockMode } from '@mikro-orm/core';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable, Logger } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { type Principal, type User } from '../../users/index.js';
import { ConnectLinks } from '../authorization/connect-links.js';
import { OAuthClients } from '../clients/oauth-clients.js';
import { ConnectionNotFoundError } from '../oauth.errors.js';
import { TokenEndpoint } from '../protocol/token-endpoint.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { AccessTokens } from './access-tokens.js';
import { ConnectionDependants } from './connection-dependants.js';
import { ConnectionTokens } from './connection-tokens.js';
import {
  ConnectionHealthResponse,
  type ConnectionQuery,
  ConnectionResponse,
  type DeletedConnectionResponse,
} from './connection.dto.js';
import { OAuthConnection } from './oauth-connection.entity.js';

/** The accounts that somebody has connected. */
@Injectable()
export class ConnectionsService {
  private readonly log = new Logger(ConnectionsService.name);

  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
    private readonly registry: ProviderRegistry,
    private readonly clients: OAuthClients,
    private readonly endpoint: TokenEndpoint,
    private readonly accessTokens: AccessTokens,
    private readonly tokens: ConnectionTokens,
    private readonly links: ConnectLinks,
    private readonly dependants: ConnectionDependants,
    private readonly audit: Audit,
  ) {}

  /** Newest first. Nothing is decrypted. @throws CursorInvalidError */
  list(caller: Principal, { provider, ...query }: ConnectionQuery): Promise<Page<ConnectionResponse>> {
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: `connections ${provider ?? ''}` },
      load: (count, position) =>
        this.em.find(
          OAuthConnection,
          {
            user: caller.userId,
            ...(provider && { provider }),
            ...(position && { connectionId: { $lt: String(position[0]) } }),
          },
          { orderBy: { connectionId: 'desc' }, limit: count, populate: ['refreshToken'] },
        ),
      positionOf: ({ connectionId }) => [connectionId],
      toItem: (connection) => ConnectionResponse.from(connection),
    });
  }

  /** @throws ConnectionNotFoundError */
  async get(caller: Principal, publicId: string): Promise<ConnectionResponse> {
    return ConnectionResponse.from(await this.find(caller, publicId));
  }

  /**
   * Refreshes the access token now, although it may not have ended.
   * @throws ConnectionNotFoundError, ConnectionNeedsReauthError, ConnectionUnavailableError
   */
  async refresh(caller: Principal, publicId: string): Promise<ConnectionResponse> {
    const connection = await this.find(caller, publicId, ['accessToken']);
    const owner = { connectionId: connection.connectionId, userId: caller.userId };
    const rejected = await this.tokens.open(owner, 'access_token', connection.accessToken);
    await this.accessTokens.fresh(owner, { rejected });
    await this.audit.record(this.em, {
      action: 'connection.refreshed',
      object: publicId,
      details: { provider: connection.provider },
    });
    return this.get(caller, publicId);
  }

  /** How it is, who depends on it, and how it can be mended. @throws ConnectionNotFoundError */
  async health(caller: Principal, publicId: string): Promise<ConnectionHealthResponse> {
    const connection = await this.find(caller, publicId);
    const { provider, scopes, connectionId } = connection;
    const link = this.links.urlOf({ userId: caller.userId, provider, scopes, connectionId });
    return ConnectionHealthResponse.of(connection, link, await this.dependants.of(caller.userId, publicId));
  }

  /**
   * Gives the tokens back to the provider where it takes them (RFC 7009), and forgets them. What depends on the connection
   * stays, and says that it needs another one.
   * @throws ConnectionNotFoundError
   */
  async delete(caller: Principal, publicId: string): Promise<DeletedConnectionResponse> {
    const { id } = await this.find(caller, publicId);
    const upstream = await this.remove(id, caller);
    if (!upstream) throw new ConnectionNotFoundError(publicId);
    return { connection_id: publicId, upstream };
  }

  /** Gives back and forgets all of a user who is being deleted, one by one. */
  async deleteAllOf(user: User, signal: AbortSignal): Promise<void> {
    const owner = { userId: String(user.id), publicId: user.publicId };
    const connections = await this.em.fork().find(OAuthConnection, { user: user.id }, { fields: ['id'] });
    for (const { id } of connections) {
      signal.throwIfAborted();
      await this.remove(id, owner);
    }
  }

  /** @returns what the provider said; undefined when somebody else has removed it meanwhile */
  private remove(
    id: string,
    { userId, publicId }: Pick<Principal, 'userId' | 'publicId'>,
  ): Promise<DeletedConnectionResponse['upstream'] | undefined> {
    // Locked, so that no refresh under way brings new tokens that nobody gives back.
    return this.em.fork().transactional(async (em) => {
      const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, populate: ['refreshToken', 'accessToken'] } as const;
      const connection = await em.findOne(OAuthConnection, { id }, lock);
      if (!connection) return undefined;
      const upstream = await this.revoke(connection, userId);
      await em.nativeDelete(OAuthConnection, { id });
      await this.audit.record(em, {
        action: 'connection.deleted',
        object: makePublicId('connection', connection.connectionId),
        owner: publicId,
        details: { provider: connection.provider, account: connection.accountLabel, upstream },
      });
      return upstream;
    });
  }

  private async revoke(connection: OAuthConnection, userId: string): Promise<DeletedConnectionResponse['upstream']> {
    const { connectionId, provider: key, refreshToken, accessToken } = connection;
    const owner = { connectionId, userId };
    try {
      const provider = this.registry.get(key);
      const credentials = await this.clients.of(provider);
      // The refresh token first: with it go the access tokens that were made of it, at most providers.
      const sealed = [['refresh_token', refreshToken] as const, ['access_token', accessToken] as const];
      for (const [column, text] of sealed) {
        if (text === null) continue;
        const token = await this.tokens.open(owner, column, text);
        if (!(await this.endpoint.revoke(provider, credentials, token))) return 'unsupported';
      }
      return 'revoked';
    } catch (error) {
      const name = makePublicId('connection', connectionId);
      this.log.warn({ err: error, connection_id: name }, 'The tokens of a connection could not be given back');
      return 'failed';
    }
  }

  private async find(
    caller: Principal,
    publicId: string,
    also: readonly 'accessToken'[] = [],
  ): Promise<OAuthConnection> {
    const connectionId = parsePublicId('connection', publicId);
    const found =
      connectionId &&
      (await this.em.findOne(
        OAuthConnection,
        { connectionId, user: caller.userId },
        { populate: ['refreshToken', ...also], refresh: true },
      ));
    if (!found) throw new ConnectionNotFoundError(publicId);
    return found as OAuthConnection;
  }
}
