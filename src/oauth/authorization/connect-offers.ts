import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { Environment } from '../../common/config/environment.js';
import { DomainError } from '../../common/errors.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { type Principal, User } from '../../users/index.js';
import { OAuthClients } from '../clients/oauth-clients.js';
import { OAuthConnection } from '../connections/oauth-connection.entity.js';
import { ConnectionNotFoundError, ConnectLinkInvalidError } from '../oauth.errors.js';
import { ProviderRegistry } from '../providers/provider-registry.js';
import { type AuthorizeQuery } from './authorization.dto.js';
import { type Outcome } from './authorizations.service.js';
import { ConnectLinks, type ConnectOffer } from './connect-links.js';
import { redirectTarget } from './redirect-target.js';

/** What somebody asks for when they want to connect an account, checked. */
@Injectable()
export class ConnectOffers {
  constructor(
    private readonly em: EntityManager,
    private readonly environment: Environment,
    private readonly registry: ProviderRegistry,
    private readonly clients: OAuthClients,
    private readonly links: ConnectLinks,
  ) {}

  /** @throws ProviderNotFoundError, RedirectNotAllowedError, ConnectionNotFoundError */
  async make(caller: Principal, provider: string, wanted: AuthorizeQuery): Promise<ConnectOffer> {
    this.registry.get(provider);
    const connection =
      wanted.connection_id === undefined ? undefined : await this.own(caller, provider, wanted.connection_id);
    return {
      userId: caller.userId,
      provider,
      // Renewed without a word about scopes, a connection keeps those it has.
      scopes: wanted.scopes ?? connection?.scopes ?? [],
      ...(wanted.redirect_to !== undefined && {
        redirectTo: redirectTarget(wanted.redirect_to, this.environment.frontendOrigins),
      }),
      ...(connection && { connectionId: connection.connectionId }),
    };
  }

  urlOf(offer: ConnectOffer): string {
    return this.links.urlOf(offer);
  }

  /** @throws ConnectLinkInvalidError */
  async open(provider: string, token: string): Promise<ConnectOffer> {
    return (await this.look(provider, token)).offer;
  }

  /** That this browser was asked: no other site can know it, so none can answer in its place. */
  proofOf(token: string, browserHash: string): string {
    return this.links.sign(`${token} ${browserHash}`);
  }

  /** What to ask whoever opens a link. @throws ConnectLinkInvalidError, ProviderNotConfiguredError */
  async question(provider: string, token: string): Promise<{ title: string; email: string; label?: string }> {
    const { user, connection } = await this.look(provider, token);
    const known = this.registry.get(provider);
    await this.clients.of(known);
    const email = user.email === '' ? user.userId : user.email;
    return { title: known.title, email, ...(connection && { label: connection.accountLabel }) };
  }

  /** What the browser takes along to `redirect_to`: nothing secret, nothing that could be used again. */
  resultOf({ connection, error }: Outcome): Record<string, string> {
    if (connection) return { connection_id: makePublicId('connection', connection.connectionId) };
    const isOurs = error instanceof DomainError;
    return {
      error: isOurs ? error.code : 'internal-error',
      error_description: isOurs ? error.message : 'Something went wrong inside Seer.',
    };
  }

  /** A link, with whom and what it is about: it ends with them. */
  private async look(provider: string, token: string) {
    const offer = this.links.open(provider, token);
    const { userId, connectionId, redirectTo } = offer;
    // An operator may have thought better of it since.
    const leadsAstray =
      redirectTo !== undefined && !this.environment.frontendOrigins.includes(new URL(redirectTo).origin);
    const user = await this.em.findOne(User, { id: userId });
    const connection =
      connectionId === undefined
        ? undefined
        : await this.em.findOne(OAuthConnection, { connectionId, user: userId, provider });
    if (leadsAstray || user === null || user.deactivatedAt !== null || connection === null)
      throw new ConnectLinkInvalidError();
    return { offer, user, connection };
  }

  private async own(caller: Principal, provider: string, publicId: string): Promise<OAuthConnection> {
    const connectionId = parsePublicId('connection', publicId);
    const found =
      connectionId && (await this.em.findOne(OAuthConnection, { connectionId, user: caller.userId, provider }));
    if (!found) throw new ConnectionNotFoundError(publicId);
    return found;
  }
}
