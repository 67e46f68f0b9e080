import { find, read, scopesWith, translateError } from './answers.js';
import { defineOAuthProvider } from './define-provider.js';

/** An OAuth app or a GitHub App: only tokens of the latter end and have refresh tokens, and only the former has scopes. */
export const github = defineOAuthProvider({
  key: 'github',
  title: 'GitHub',
  documentation: 'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
  endpoints: {
    authorizeUrl: 'https://github.com/login/oauth/authorize',
    tokenUrl: 'https://github.com/login/oauth/access_token',
    // Its answers carry this as `iss`, not the origin.
    issuer: 'https://github.com/login/oauth',
  },
  clientAuthentication: 'post',
  scopes: {
    repo: 'Read and change your repositories, their issues and pull requests',
    public_repo: 'Read and change your public repositories, their issues and pull requests',
    'read:org': 'See your organizations and teams',
  },
  // Anyone's token may read the public profile of its owner.
  scopeIncludes: { repo: ['public_repo'] },
  apis: { rest: 'https://api.github.com' },
  baseScopes: [],
  // Without the account picker a second account cannot be connected.
  authorizeParams: { prompt: 'select_account' },
  tokenAnswer(answer) {
    // Scopes are asked for with spaces, but told with commas. A GitHub App has permissions in their place and tells none,
    // which is not the same as none of those that were asked for.
    const { scope: told, ...rest } = answer;
    const scope = scopesWith(' ', told);
    const standard = scope === undefined || scope === '' ? rest : { ...rest, scope };
    // Errors come with status 200 and with GitHub's own codes.
    return translateError(standard, find(answer, 'error'), {
      bad_verification_code: 'invalid_grant',
      bad_refresh_token: 'invalid_grant',
      redirect_uri_mismatch: 'invalid_grant',
      incorrect_client_credentials: 'invalid_client',
    });
  },
  async account({ call }) {
    const user = await call('https://api.github.com/user');
    // The login can be changed, and then taken by somebody else.
    return { id: read(user, 'id'), label: read(user, 'login') };
  },
});
