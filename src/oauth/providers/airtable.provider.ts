import { read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const airtable = defineOAuthProvider({
  key: 'airtable',
  title: 'Airtable',
  documentation: 'https://airtable.com/developers/web/api/oauth-reference',
  endpoints: {
    authorizeUrl: 'https://airtable.com/oauth2/v1/authorize',
    tokenUrl: 'https://airtable.com/oauth2/v1/token',
  },
  clientAuthentication: 'basic',
  scopes: {
    'data.records:read': 'Read records',
    'data.records:write': 'Create, change and delete records',
    'schema.bases:read': 'See bases, tables and fields',
  },
  baseScopes: ['user.email:read'],
  async account({ call }) {
    const user = await call('https://api.airtable.com/v0/meta/whoami');
    return { id: read(user, 'id'), label: read(user, 'email') };
  },
});
