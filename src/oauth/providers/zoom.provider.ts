import { find, read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const zoom = defineOAuthProvider({
  key: 'zoom',
  title: 'Zoom',
  documentation: 'https://developers.zoom.us/docs/integrations/oauth/',
  endpoints: {
    authorizeUrl: 'https://zoom.us/oauth/authorize',
    tokenUrl: 'https://zoom.us/oauth/token',
    revokeUrl: 'https://zoom.us/oauth/revoke',
  },
  clientAuthentication: 'basic',
  scopes: {
    'meeting:read:list_meetings': 'See your meetings',
    'meeting:read:meeting': 'See the details of your meetings',
    'meeting:write:meeting': 'Create meetings',
  },
  baseScopes: ['user:read:user'],
  tokenAnswer(answer) {
    const reason = find(answer, 'reason');
    return reason === undefined ? answer : { error_description: reason, ...answer };
  },
  async account({ call }) {
    const user = await call('https://api.zoom.us/v2/users/me');
    return { id: read(user, 'id'), label: read(user, 'email') };
  },
});
