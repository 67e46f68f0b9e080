import { authorizationSecrets, OAuthAuthorization } from './authorization/oauth-authorization.entity.js';
import { pruneAuthorizations } from './authorization/prune-authorizations.job.js';
import { clientSecrets, OAuthClient } from './clients/oauth-client.entity.js';
import { connectionSecrets, OAuthConnection } from './connections/oauth-connection.entity.js';
import { refreshConnections } from './connections/refresh-connections.job.js';

export { AccessTokens } from './connections/access-tokens.js';
export { type FreshToken } from './connections/token-row.js';
export { ConnectionDependants, type Dependant } from './connections/connection-dependants.js';
export { ConnectionRenewals, type Renewal } from './connections/connection-renewals.js';
export { providers } from './providers/catalogue.js';
export { type OAuthProvider } from './providers/define-provider.js';
export { ProviderRegistry } from './providers/provider-registry.js';
export { OAuthModule } from './oauth.module.js';
export { oauthProblems } from './oauth-problems.js';
export { OAuthConnection };
export const oauthEntities = [OAuthClient, OAuthAuthorization, OAuthConnection];
export const oauthSecrets = [...clientSecrets, ...authorizationSecrets, ...connectionSecrets];
export const oauthJobs = [refreshConnections, pruneAuthorizations];
