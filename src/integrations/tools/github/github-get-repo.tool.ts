import { type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { Fields } from '../fields.js';
import { callGitHub } from './github-api.js';
import { repositoryInputs } from './issue.js';

interface GetRepoInput extends JsonObject {
  owner: string;
  repo: string;
}

const text = { type: ['string', 'null'] };

/** https://docs.github.com/en/rest/repos/repos#get-a-repository */
export const githubGetRepo = defineTool<GetRepoInput>({
  key: 'github.get_repo',
  title: 'Read a repository of GitHub',
  description: 'Tells about a repository. A private one needs the scope `repo`.',
  provider: 'github',
  effect: 'read',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['owner', 'repo'],
    properties: repositoryInputs,
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'full_name', 'description', 'private', 'archived', 'default_branch', 'language', 'url'].concat([
      'stars',
      'forks',
      'open_issues',
      'pushed_at',
    ]),
    properties: {
      id: { type: 'integer' },
      full_name: { type: 'string', description: 'Owner and name, as they are now.' },
      description: text,
      private: { type: 'boolean' },
      archived: { type: 'boolean' },
      default_branch: { type: 'string' },
      language: text,
      url: { type: 'string', description: 'Where people look at it.' },
      stars: { type: 'integer' },
      forks: { type: 'integer' },
      open_issues: { type: 'integer', description: 'With pull requests.' },
      pushed_at: text,
    },
  },
  example: { owner: 'octocat', repo: 'hello-world' },
  async run(context, { owner, repo }) {
    const found = Fields.of(await callGitHub(context, { path: apiPath`/repos/${owner}/${repo}` }));
    return {
      id: found.integer('id'),
      full_name: found.text('full_name'),
      description: found.textOrNull('description'),
      private: found.boolean('private'),
      archived: found.boolean('archived'),
      default_branch: found.text('default_branch'),
      language: found.textOrNull('language'),
      url: found.text('html_url'),
      stars: found.integer('stargazers_count'),
      forks: found.integer('forks_count'),
      open_issues: found.integer('open_issues_count'),
      pushed_at: found.textOrNull('pushed_at'),
    };
  },
});
