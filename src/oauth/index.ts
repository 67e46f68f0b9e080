import { authorizationSecrets, OAuthAuthorization } from './authorization/oauth-authorization.entity.js';
import { clientSecrets, OAuthClient } from './clients/oauth-client.entity.js';
import { connectionSecrets, OAuthConnection } from './connections/oauth-connection.entity.js';

export const oauthEntities = [OAuthClient, OAuthAuthorization, OAuthConnection];
export const oauthSecrets = [...clientSecrets, ...authorizationSecrets, ...connectionSecrets];
