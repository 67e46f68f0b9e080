import { isJsonObject, type JsonObject } from '../../../common/json.js';
import { type Fields } from '../fields.js';

const text = { type: ['string', 'null'] };

/** The inputs that name a repository. */
export const repositoryInputs = {
  owner: {
    type: 'string',
    minLength: 1,
    maxLength: 100,
    description: 'Who owns it: the first part of its name, before the slash.',
  },
  repo: { type: 'string', minLength: 1, maxLength: 100, description: 'The second part of its name, after the slash.' },
};

/** An issue in the outputs of tools. */
export const issueSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['number', 'title', 'body', 'state', 'url', 'user', 'labels', 'assignees', 'comments', 'created_at'].concat(
    ['updated_at', 'closed_at', 'is_pull_request'],
  ),
  properties: {
    number: { type: 'integer' },
    title: { type: 'string' },
    body: text,
    state: { type: 'string', description: '`open` or `closed`.' },
    url: { type: 'string', description: 'Where people read it.' },
    user: { ...text, description: 'Login of who opened it; null: the account was deleted.' },
    labels: { type: 'array', items: { type: 'string' } },
    assignees: { type: 'array', items: { type: 'string' }, description: 'Logins.' },
    comments: { type: 'integer' },
    created_at: { type: 'string' },
    updated_at: { type: 'string' },
    closed_at: text,
    is_pull_request: { type: 'boolean' },
  },
};

/** An issue as tools tell it. */
export function issueOf(issue: Fields): JsonObject {
  return {
    number: issue.integer('number'),
    title: issue.text('title'),
    body: issue.textOrNull('body'),
    state: issue.text('state'),
    url: issue.text('html_url'),
    user: issue.objectOrNull('user')?.text('login') ?? null,
    labels: labelsOf(issue),
    assignees: issue.objects('assignees').map((user) => user.text('login')),
    comments: issue.integer('comments'),
    created_at: issue.text('created_at'),
    updated_at: issue.text('updated_at'),
    closed_at: issue.textOrNull('closed_at'),
    is_pull_request: issue.has('pull_request'),
  };
}

/** By the reference, a label is an object or just its name. */
function labelsOf(issue: Fields): string[] {
  return issue.list('labels').map((label) => {
    const name = isJsonObject(label) ? label.name : label;
    if (typeof name !== 'string') throw issue.wrong('labels', 'a list of labels');
    return name;
  });
}
