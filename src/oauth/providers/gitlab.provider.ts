import { read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

/** GitLab.com. A self-managed GitLab is a custom provider: it publishes its endpoints. */
export const gitlab = defineOAuthProvider({
  key: 'gitlab',
  title: 'GitLab',
  documentation: 'https://docs.gitlab.com/api/oauth2/',
  endpoints: {
    authorizeUrl: 'https://gitlab.com/oauth/authorize',
    tokenUrl: 'https://gitlab.com/oauth/token',
    revokeUrl: 'https://gitlab.com/oauth/revoke',
  },
  clientAuthentication: 'post',
  scopes: {
    read_api: 'Read your projects, issues and merge requests',
    api: 'Read and change your projects, issues and merge requests',
    read_repository: 'Read the files of your repositories',
  },
  baseScopes: ['read_user'],
  async account({ call }) {
    const user = await call('https://gitlab.com/api/v4/user');
    return { id: read(user, 'id'), label: read(user, 'username') };
  },
});
