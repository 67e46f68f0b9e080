import { read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const dropbox = defineOAuthProvider({
  key: 'dropbox',
  title: 'Dropbox',
  documentation: 'https://developers.dropbox.com/oauth-guide',
  // No revokeUrl: theirs takes the token as the credential of the request, unlike RFC 7009.
  endpoints: {
    authorizeUrl: 'https://www.dropbox.com/oauth2/authorize',
    tokenUrl: 'https://api.dropboxapi.com/oauth2/token',
  },
  clientAuthentication: 'post',
  scopes: {
    'files.metadata.read': 'See your files and folders',
    'files.content.read': 'Read your files',
    'files.content.write': 'Create, change and delete your files',
  },
  baseScopes: ['account_info.read'],
  // Tokens live for four hours, and only offline is there a refresh token.
  authorizeParams: { token_access_type: 'offline' },
  async account({ call }) {
    // Methods without arguments are POSTs that must not have a body.
    const user = await call('https://api.dropboxapi.com/2/users/get_current_account', { method: 'POST' });
    return { id: read(user, 'account_id'), label: read(user, 'email') };
  },
});
