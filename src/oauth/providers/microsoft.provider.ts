import { find, read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

const GRAPH = 'https://graph.microsoft.com/';

/** Work, school and personal accounts: the `common` tenant. An app of one tenant only is a custom provider. */
export const microsoft = defineOAuthProvider({
  key: 'microsoft',
  title: 'Microsoft 365',
  documentation: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
  endpoints: {
    authorizeUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    tokenUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  },
  clientAuthentication: 'post',
  scopes: {
    'Mail.Read': 'Read your mail',
    'Mail.Send': 'Send mail in your name',
    'Calendars.ReadWrite': 'Read and change your calendars',
    'Files.Read': 'See your files in OneDrive',
    'Files.ReadWrite': 'Read and change your files in OneDrive',
  },
  // offline_access is for refresh tokens. Without openid, because ID tokens name the user's own tenant as their issuer.
  baseScopes: ['offline_access', 'User.Read'],
  // Otherwise whoever is signed in is taken, and a second account cannot be connected.
  authorizeParams: { prompt: 'select_account' },
  tokenAnswer(answer) {
    // Scopes of Microsoft Graph are told with its address, which need not be said when they are asked for.
    const scope = find(answer, 'scope')?.replaceAll(GRAPH, '');
    return scope === undefined ? answer : { ...answer, scope };
  },
  async account({ call }) {
    const user = await call(`${GRAPH}v1.0/me`);
    return { id: read(user, 'id'), label: find(user, 'mail') ?? read(user, 'userPrincipalName') };
  },
});
