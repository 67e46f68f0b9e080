import { find, read, translateError } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

/** A workspace with the app's bot in it, or a whole Enterprise organization. */
export const slack = defineOAuthProvider({
  key: 'slack',
  title: 'Slack',
  documentation: 'https://docs.slack.dev/authentication/installing-with-oauth',
  endpoints: {
    authorizeUrl: 'https://slack.com/oauth/v2/authorize',
    tokenUrl: 'https://slack.com/api/oauth.v2.access',
  },
  clientAuthentication: 'basic',
  scopes: {
    'chat:write': 'Post messages as the app',
    'channels:read': 'See public channels',
    'groups:read': 'See private channels that the app is in',
    'users:read': 'See the people of the workspace',
  },
  // The account is told with the token; but an installation without any scope is refused.
  apis: { web: 'https://slack.com/api' },
  baseScopes: ['team:read'],
  scopeSeparator: ',',
  // PKCE makes a public client of the app, for good: its secret is no longer accepted, and its refresh tokens end after 30 days.
  pkce: false,
  tokenAnswer(answer) {
    if (answer['ok'] === false) {
      return translateError(answer, find(answer, 'error'), {
        invalid_code: 'invalid_grant',
        code_already_used: 'invalid_grant',
        bad_redirect_uri: 'invalid_grant',
        invalid_refresh_token: 'invalid_grant',
        token_expired: 'invalid_grant',
        invalid_client_id: 'invalid_client',
        bad_client_secret: 'invalid_client',
      });
    }
    // The token of the bot, whose type is told as "bot". The one in `authed_user` is for scopes that Seer never asks for.
    return { ...answer, token_type: 'Bearer' };
  },
  async account({ answer }) {
    const owner = find(answer, 'team', 'id') === undefined ? 'enterprise' : 'team';
    return { id: read(answer, owner, 'id'), label: find(answer, owner, 'name') ?? read(answer, owner, 'id') };
  },
});
