import { read } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

export const google = defineOAuthProvider({
  key: 'google',
  title: 'Google',
  documentation: 'https://developers.google.com/identity/protocols/oauth2/web-server',
  endpoints: {
    authorizeUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenUrl: 'https://oauth2.googleapis.com/token',
    revokeUrl: 'https://oauth2.googleapis.com/revoke',
    issuer: 'https://accounts.google.com',
  },
  clientAuthentication: 'post',
  scopes: {
    'https://www.googleapis.com/auth/gmail.readonly': 'Read your mail',
    'https://www.googleapis.com/auth/gmail.send': 'Send mail in your name',
    'https://www.googleapis.com/auth/spreadsheets.readonly': 'Read your spreadsheets',
    'https://www.googleapis.com/auth/spreadsheets': 'Read and change your spreadsheets',
    'https://www.googleapis.com/auth/drive.metadata.readonly':
      'See the names of your files in Drive, not their content',
    'https://www.googleapis.com/auth/drive.readonly': 'See your files in Drive',
  },
  scopeIncludes: {
    'https://mail.google.com/': [
      'https://www.googleapis.com/auth/gmail.readonly',
      'https://www.googleapis.com/auth/gmail.send',
    ],
    'https://www.googleapis.com/auth/gmail.modify': [
      'https://www.googleapis.com/auth/gmail.readonly',
      'https://www.googleapis.com/auth/gmail.send',
    ],
    'https://www.googleapis.com/auth/gmail.compose': ['https://www.googleapis.com/auth/gmail.send'],
    'https://www.googleapis.com/auth/spreadsheets': ['https://www.googleapis.com/auth/spreadsheets.readonly'],
    'https://www.googleapis.com/auth/drive.readonly': [
      'https://www.googleapis.com/auth/drive.metadata.readonly',
      'https://www.googleapis.com/auth/spreadsheets.readonly',
    ],
    'https://www.googleapis.com/auth/drive': [
      'https://www.googleapis.com/auth/drive.metadata.readonly',
      'https://www.googleapis.com/auth/drive.readonly',
      'https://www.googleapis.com/auth/spreadsheets.readonly',
      'https://www.googleapis.com/auth/spreadsheets',
    ],
  },
  apis: {
    gmail: 'https://gmail.googleapis.com/gmail/v1',
    sheets: 'https://sheets.googleapis.com/v4',
    drive: 'https://www.googleapis.com/drive/v3',
    openid: 'https://openidconnect.googleapis.com/v1',
  },
  baseScopes: ['openid', 'email'],
  // A refresh token comes only offline, and after the first consent only when asked for again.
  authorizeParams: { access_type: 'offline', prompt: 'consent', include_granted_scopes: 'true' },
  async account({ call }) {
    const user = await call('https://openidconnect.googleapis.com/v1/userinfo');
    return { id: read(user, 'sub'), label: read(user, 'email') };
  },
});
