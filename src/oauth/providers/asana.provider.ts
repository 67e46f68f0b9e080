import { read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const asana = defineOAuthProvider({
  key: 'asana',
  title: 'Asana',
  documentation: 'https://developers.asana.com/docs/oauth',
  endpoints: {
    authorizeUrl: 'https://app.asana.com/-/oauth_authorize',
    tokenUrl: 'https://app.asana.com/-/oauth_token',
    revokeUrl: 'https://app.asana.com/-/oauth_revoke',
  },
  clientAuthentication: 'post',
  scopes: {
    'tasks:read': 'Read tasks',
    'tasks:write': 'Create and change tasks',
    'projects:read': 'Read projects',
    'workspaces:read': 'See workspaces',
  },
  // The account is told with the token; and an app with full permissions refuses every scope that is asked for.
  baseScopes: [],
  async account({ answer }) {
    return { id: read(answer, 'data', 'gid'), label: read(answer, 'data', 'email') };
  },
});
