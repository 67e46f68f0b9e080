import { find, read, translateError } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const atlassian = defineOAuthProvider({
  key: 'atlassian',
  title: 'Atlassian (Jira, Confluence)',
  documentation: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
  endpoints: {
    authorizeUrl: 'https://auth.atlassian.com/authorize',
    tokenUrl: 'https://auth.atlassian.com/oauth/token',
  },
  clientAuthentication: 'post',
  scopes: {
    'read:jira-work': 'Read Jira projects and issues',
    'write:jira-work': 'Create and change Jira issues',
    'read:confluence-content.all': 'Read Confluence pages',
    'write:confluence-content': 'Create and change Confluence pages',
  },
  // offline_access is for refresh tokens.
  baseScopes: ['read:me', 'offline_access'],
  // Without the audience the token is for no API; without the prompt, scopes that were added later are not asked for.
  authorizeParams: { audience: 'api.atlassian.com', prompt: 'consent' },
  tokenAnswer(answer) {
    // A dead refresh token is documented as invalid_grant, but also reported as this; it may mean a wrong app, too.
    const dead = find(answer, 'error_description') === 'refresh_token is invalid';
    return dead ? translateError(answer, find(answer, 'error'), { unauthorized_client: 'invalid_grant' }) : answer;
  },
  async account({ call }) {
    const user = await call('https://api.atlassian.com/me');
    return { id: read(user, 'account_id'), label: find(user, 'email') ?? read(user, 'name') };
  },
});
