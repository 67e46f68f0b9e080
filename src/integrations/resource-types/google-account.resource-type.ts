import { apiPath } from '../tools/api-call.js';
import { callGoogle } from '../tools/google/google-api.js';
import { defineAccountType } from './account-type.js';

/** https://developers.google.com/identity/openid-connect/openid-connect#obtaininguserprofileinformation */
export const googleAccount = defineAccountType({
  key: 'google_account',
  title: 'Google account',
  description: 'A connected account of Google, for the tools of Gmail, Sheets and Drive.',
  provider: 'google',
  async test(access) {
    const user = await callGoogle(access, { api: 'openid', path: apiPath`/userinfo` });
    return `The Google account of ${user.textOrNull('email') ?? user.text('sub')}.`;
  },
});
