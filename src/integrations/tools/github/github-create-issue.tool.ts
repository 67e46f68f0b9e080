import { type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { Fields } from '../fields.js';
import { callGitHub } from './github-api.js';
import { issueOf, issueSchema, repositoryInputs } from './issue.js';

interface CreateIssueInput extends JsonObject {
  owner: string;
  repo: string;
  title: string;
  labels: string[];
  assignees: string[];
}

const names = { type: 'array', items: { type: 'string', minLength: 1, maxLength: 100 }, default: [] };

/** https://docs.github.com/en/rest/issues/issues#create-an-issue */
export const githubCreateIssue = defineTool<CreateIssueInput>({
  key: 'github.create_issue',
  title: 'Open an issue on GitHub',
  description:
    'Opens an issue in the name of the account. GitHub leaves labels and assignees out, without a word, when the account may ' +
    'not set them, and does not notice when an issue is opened twice: if Seer crashes between opening it and noting that, the ' +
    'repeated node opens another one. A private repository needs the scope `repo`.',
  provider: 'github',
  scopes: ['public_repo'],
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['owner', 'repo', 'title'],
    properties: {
      ...repositoryInputs,
      title: { type: 'string', minLength: 1, maxLength: 256 },
      body: { type: 'string', maxLength: 65_536, description: 'Markdown. A `@name` in it notifies that person.' },
      labels: { ...names, maxItems: 100 },
      assignees: { ...names, maxItems: 10, description: 'Logins.' },
      milestone: { type: 'integer', minimum: 1, description: 'Number of the milestone.' },
    },
  },
  output: issueSchema,
  example: { owner: 'octocat', repo: 'hello-world', title: 'It is broken', labels: ['bug'] },
  async run(context, { owner, repo, ...issue }) {
    const path = apiPath`/repos/${owner}/${repo}/issues`;
    return issueOf(Fields.of(await callGitHub(context, { method: 'POST', path, body: issue })));
  },
});
