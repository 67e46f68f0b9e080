import { find, read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const notion = defineOAuthProvider({
  key: 'notion',
  title: 'Notion',
  documentation: 'https://developers.notion.com/guides/get-started/authorization',
  endpoints: {
    authorizeUrl: 'https://api.notion.com/v1/oauth/authorize',
    tokenUrl: 'https://api.notion.com/v1/oauth/token',
    revokeUrl: 'https://api.notion.com/v1/oauth/revoke',
  },
  clientAuthentication: 'basic',
  // What a connection may do is set in the integration, and which pages it sees is chosen at consent.
  scopes: {},
  apis: { rest: 'https://api.notion.com/v1' },
  baseScopes: [],
  authorizeParams: { owner: 'user' },
  tokenAnswer(answer) {
    // The guide's list of fields has no token_type; other pages have it.
    return 'access_token' in answer ? { token_type: 'bearer', ...answer } : answer;
  },
  async account({ answer }) {
    // One user's authorization in one workspace; Notion recommends it as the key of what is stored.
    const id = read(answer, 'bot_id');
    const workspace = find(answer, 'workspace_name') ?? id;
    const email = find(answer, 'owner', 'user', 'person', 'email');
    return { id, label: email === undefined ? workspace : `${workspace} (${email})` };
  },
});
