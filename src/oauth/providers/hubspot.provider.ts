import { find, read, scopesWith, translateError } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const hubspot = defineOAuthProvider({
  key: 'hubspot',
  title: 'HubSpot',
  documentation: 'https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens',
  // The token endpoint of 2026-03 is v1's with its parameters in the body only, so that no log has them.
  endpoints: {
    authorizeUrl: 'https://app.hubspot.com/oauth/authorize',
    tokenUrl: 'https://api.hubapi.com/oauth/2026-03/token',
  },
  clientAuthentication: 'post',
  scopes: {
    'crm.objects.contacts.read': 'Read contacts',
    'crm.objects.contacts.write': 'Create and change contacts',
    'crm.objects.companies.read': 'Read companies',
    'crm.objects.companies.write': 'Create and change companies',
    'crm.objects.deals.read': 'Read deals',
    'crm.objects.deals.write': 'Create and change deals',
  },
  baseScopes: ['oauth'],
  tokenAnswer(answer) {
    const scope = scopesWith(' ', answer['scopes']);
    const standard = scope === undefined ? answer : { ...answer, scope };
    // Some errors have the standard code beside their own, some only their own.
    return translateError(standard, find(answer, 'status'), {
      BAD_AUTH_CODE: 'invalid_grant',
      BAD_REFRESH_TOKEN: 'invalid_grant',
      BAD_REDIRECT_URI: 'invalid_grant',
      BAD_CLIENT_ID: 'invalid_client',
      BAD_CLIENT_SECRET: 'invalid_client',
    });
  },
  async account({ call }) {
    // Who consented is told by an endpoint that has the token in its URL, or wants the client secret: the account is enough.
    const account = await call('https://api.hubapi.com/account-info/2026-03/details');
    const id = read(account, 'portalId');
    return { id, label: `HubSpot account ${id}` };
  },
});
