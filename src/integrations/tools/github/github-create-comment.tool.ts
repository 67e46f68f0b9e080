import { type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { Fields } from '../fields.js';
import { callGitHub } from './github-api.js';
import { repositoryInputs } from './issue.js';

interface CreateCommentInput extends JsonObject {
  owner: string;
  repo: string;
  issue_number: number;
  body: string;
}

/** https://docs.github.com/en/rest/issues/comments#create-an-issue-comment */
export const githubCreateComment = defineTool<CreateCommentInput>({
  key: 'github.create_comment',
  title: 'Comment on an issue or a pull request',
  description:
    'Comments in the name of the account. GitHub does not notice when a comment is made twice: if Seer crashes between making ' +
    'it and noting that, the repeated node makes another one. A private repository needs the scope `repo`.',
  provider: 'github',
  scopes: ['public_repo'],
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['owner', 'repo', 'issue_number', 'body'],
    properties: {
      ...repositoryInputs,
      issue_number: { type: 'integer', minimum: 1, description: 'Of the issue or the pull request.' },
      body: {
        type: 'string',
        minLength: 1,
        maxLength: 65_536,
        description: 'Markdown. A `@name` in it notifies that person.',
      },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'url', 'created_at'],
    properties: {
      id: { type: 'integer' },
      url: { type: 'string', description: 'Where people read it.' },
      created_at: { type: 'string' },
    },
  },
  example: { owner: 'octocat', repo: 'hello-world', issue_number: 7, body: 'Fixed.' },
  async run(context, { owner, repo, issue_number: number, body }) {
    const path = apiPath`/repos/${owner}/${repo}/issues/${number}/comments`;
    const comment = Fields.of(await callGitHub(context, { method: 'POST', path, body: { body } }));
    return { id: comment.integer('id'), url: comment.text('html_url'), created_at: comment.text('created_at') };
  },
});
