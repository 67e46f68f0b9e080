import { read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

/** Production orgs. A sandbox signs in at another host and is a custom provider. */
export const salesforce = defineOAuthProvider({
  key: 'salesforce',
  title: 'Salesforce',
  documentation: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm&type=5',
  endpoints: {
    authorizeUrl: 'https://login.salesforce.com/services/oauth2/authorize',
    tokenUrl: 'https://login.salesforce.com/services/oauth2/token',
    revokeUrl: 'https://login.salesforce.com/services/oauth2/revoke',
  },
  clientAuthentication: 'post',
  scopes: { api: 'Read and change the records that you can read and change' },
  // Without openid, because ID tokens of an org with its own domain name that domain as their issuer.
  baseScopes: ['id', 'refresh_token'],
  // A session lasts as long as the org says, and answers are silent about it; 15 minutes is the least an org can say.
  accessTokenSeconds: 900,
  async account({ answer, call }) {
    // An address such as https://login.salesforce.com/id/<org>/<user>. Only its path counts: no answer decides which host gets
    // the token.
    const { pathname } = new URL(read(answer, 'id'));
    const user = await call(`https://login.salesforce.com${pathname}`);
    return { id: `${read(user, 'organization_id')}/${read(user, 'user_id')}`, label: read(user, 'username') };
  },
});
