import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AuthorizationController } from './authorization/authorization.controller.js';
import { AuthorizationsService } from './authorization/authorizations.service.js';
import { BrowserCookie } from './authorization/browser-cookie.js';
import { ConnectLinks } from './authorization/connect-links.js';
import { ConnectOffers } from './authorization/connect-offers.js';
import { OAuthClients } from './clients/oauth-clients.js';
import { OAuthClientsController } from './clients/oauth-clients.controller.js';
import { AccessTokens } from './connections/access-tokens.js';
import { ConnectionDependants } from './connections/connection-dependants.js';
import { ConnectionRenewals } from './connections/connection-renewals.js';
import { ConnectionTokens } from './connections/connection-tokens.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { ConnectionsService } from './connections/connections.service.js';
import { NewConnections } from './connections/new-connections.js';
import { AllConnections } from './oversight/all-connections.service.js';
import { Accounts } from './protocol/accounts.js';
import { AuthorizationServers } from './protocol/authorization-servers.js';
import { OAuthHttp } from './protocol/oauth-http.js';
import { TokenEndpoint } from './protocol/token-endpoint.js';
import { type OAuthProvider } from './providers/define-provider.js';
import { OAUTH_PROVIDERS, ProviderRegistry } from './providers/provider-registry.js';
import { ProvidersController } from './providers/providers.controller.js';

/** Accounts at providers: consent, tokens, and keeping them fresh. */
@Global()
@Module({})
export class OAuthModule {
  static forRoot(providers: readonly OAuthProvider[]): DynamicModule {
    return {
      module: OAuthModule,
      // Routes with fixed names before the one that has a provider in their place.
      controllers: [ProvidersController, ConnectionsController, OAuthClientsController, AuthorizationController],
      providers: [
        { provide: OAUTH_PROVIDERS, useValue: providers },
        AccessTokens,
        Accounts,
        AllConnections,
        AuthorizationServers,
        AuthorizationsService,
        BrowserCookie,
        ConnectionDependants,
        ConnectionRenewals,
        ConnectionsService,
        ConnectionTokens,
        ConnectLinks,
        ConnectOffers,
        NewConnections,
        OAuthClients,
        OAuthHttp,
        ProviderRegistry,
        TokenEndpoint,
      ],
      exports: [
        AccessTokens,
        AllConnections,
        ConnectionDependants,
        ConnectionRenewals,
        ConnectionsService,
        ProviderRegistry,
      ],
    };
  }
}
