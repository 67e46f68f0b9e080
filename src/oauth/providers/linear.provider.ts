import { find, read, scopesWith } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const linear = defineOAuthProvider({
  key: 'linear',
  title: 'Linear',
  documentation: 'https://linear.app/developers/oauth-2-0-authentication',
  // No revokeUrl: theirs wants the token under another name than RFC 7009.
  endpoints: {
    authorizeUrl: 'https://linear.app/oauth/authorize',
    tokenUrl: 'https://api.linear.app/oauth/token',
  },
  clientAuthentication: 'post',
  scopes: {
    write: 'Change whatever you can change',
    'issues:create': 'Create issues',
    'comments:create': 'Comment on issues',
  },
  scopeIncludes: { write: ['issues:create'] },
  apis: { graphql: 'https://api.linear.app' },
  baseScopes: ['read'],
  scopeSeparator: ',',
  // Without it a second workspace cannot be connected.
  authorizeParams: { prompt: 'consent' },
  tokenAnswer(answer) {
    // Asked for with commas, told with spaces; apps from before December 2023 are told a list.
    const scope = scopesWith(',', answer['scope']);
    return scope === undefined ? answer : { ...answer, scope };
  },
  async account({ call }) {
    const body = { query: '{ viewer { id email organization { name } } }' };
    const user = await call('https://api.linear.app/graphql', { method: 'POST', body });
    const email = read(user, 'data', 'viewer', 'email');
    const workspace = find(user, 'data', 'viewer', 'organization', 'name');
    // A person has one id per workspace, but the same address in all of them.
    return {
      id: read(user, 'data', 'viewer', 'id'),
      label: workspace === undefined ? email : `${workspace} (${email})`,
    };
  },
});
