import { type JsonObject } from '../../../common/json.js';
import { apiPath } from '../api-call.js';
import { defineTool } from '../define-tool.js';
import { collect } from '../paging.js';
import { GITHUB_PAGE_SIZE, pageOf } from './github-api.js';
import { issueOf, issueSchema, repositoryInputs } from './issue.js';

interface ListIssuesInput extends JsonObject {
  owner: string;
  repo: string;
  state: string;
  labels: string[];
  sort: string;
  direction: string;
  include_pull_requests: boolean;
  limit: number;
}

/** https://docs.github.com/en/rest/issues/issues#list-repository-issues */
export const githubListIssues = defineTool<ListIssuesInput>({
  key: 'github.list_issues',
  title: 'List issues of a repository',
  description:
    'Lists the issues of a repository; to GitHub, pull requests are issues too, and are left out unless wanted. A private ' +
    'repository needs the scope `repo`.',
  provider: 'github',
  effect: 'read',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['owner', 'repo'],
    properties: {
      ...repositoryInputs,
      state: { enum: ['open', 'closed', 'all'], default: 'open' },
      labels: {
        type: 'array',
        maxItems: 20,
        items: {
          type: 'string',
          minLength: 1,
          maxLength: 100,
          pattern: '^[^,]*$',
          description: 'A name without comma.',
        },
        default: [],
        description: 'Only issues that have all of these.',
      },
      assignee: {
        type: 'string',
        minLength: 1,
        maxLength: 100,
        description: 'Only issues of this login; `none`: of nobody; `*`: of anybody.',
      },
      since: {
        type: 'string',
        format: 'date-time',
        description: 'Only issues that were changed since, such as `2026-01-31T00:00:00Z`.',
      },
      sort: { enum: ['created', 'updated', 'comments'], default: 'created' },
      direction: { enum: ['asc', 'desc'], default: 'desc' },
      include_pull_requests: { type: 'boolean', default: false },
      limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['issues', 'has_more'],
    properties: { issues: { type: 'array', items: issueSchema }, has_more: { type: 'boolean' } },
  },
  example: { owner: 'octocat', repo: 'hello-world', state: 'open', labels: ['bug'], limit: 50 },
  async run(context, input) {
    const { owner, repo, state, labels, sort, direction, include_pull_requests: includePulls, limit } = input;
    const query = {
      state,
      sort,
      direction,
      ...(labels.length > 0 && { labels: labels.join(',') }),
      ...(input.assignee !== undefined && { assignee: input.assignee as string }),
      ...(input.since !== undefined && { since: input.since as string }),
      // Always the same: pages are counted, and must not shift.
      per_page: GITHUB_PAGE_SIZE,
    };
    const path = apiPath`/repos/${owner}/${repo}/issues`;
    // One more than wanted tells whether there are more: a further page may hold nothing but pull requests.
    const { items, next } = await collect({ limit: limit + 1, pageSize: GITHUB_PAGE_SIZE }, async (cursor) => {
      const page = await pageOf(context, path, query, cursor);
      const issues = page.items.map(issueOf).filter((issue) => includePulls || issue.is_pull_request === false);
      return { items: issues, next: page.next };
    });
    return { issues: items.slice(0, limit), has_more: items.length > limit || next !== undefined };
  },
});
