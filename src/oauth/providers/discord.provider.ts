import { read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const discord = defineOAuthProvider({
  key: 'discord',
  title: 'Discord',
  documentation: 'https://docs.discord.com/developers/topics/oauth2',
  endpoints: {
    authorizeUrl: 'https://discord.com/api/oauth2/authorize',
    tokenUrl: 'https://discord.com/api/oauth2/token',
    revokeUrl: 'https://discord.com/api/oauth2/token/revoke',
    issuer: 'https://discord.com',
  },
  clientAuthentication: 'post',
  scopes: {
    email: 'See your e-mail address',
    guilds: 'See which servers you are in',
  },
  baseScopes: ['identify'],
  async account({ call }) {
    const user = await call('https://discord.com/api/v10/users/@me');
    return { id: read(user, 'id'), label: read(user, 'username') };
  },
});
