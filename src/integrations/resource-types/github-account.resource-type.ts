import { apiPath } from '../tools/api-call.js';
import { Fields } from '../tools/fields.js';
import { callGitHub } from '../tools/github/github-api.js';
import { defineAccountType } from './account-type.js';

/** https://docs.github.com/en/rest/users/users#get-the-authenticated-user */
export const githubAccount = defineAccountType({
  key: 'github_account',
  title: 'GitHub account',
  description: 'A connected account of GitHub, for the tools of repositories and issues.',
  provider: 'github',
  async test(access) {
    const answer = await callGitHub(access, { path: apiPath`/user` });
    // Only classic tokens have scopes, and GitHub tells those of each request.
    const scopes = answer.headers['x-oauth-scopes'];
    const granted = scopes === undefined ? '' : `, with ${scopes === '' ? 'no scopes' : `the scopes ${scopes}`}`;
    return `The GitHub account ${Fields.of(answer).text('login')}${granted}.`;
  },
});
