import { createHash } from 'node:crypto';
import { type JsonObject } from '../../../common/json.js';
import { type Access } from '../../credentials/access.js';
import { defineTool } from '../define-tool.js';
import { type Fields } from '../fields.js';
import { ToolError } from '../tool-error.js';
import { callLinear } from './linear-api.js';

interface CreateIssueInput extends JsonObject {
  team_id: string;
  title: string;
  label_ids: string[];
}

const fields = 'id identifier title url';
const create = `mutation ($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { ${fields} } } }`;
const find = `query ($id: String!) { issue(id: $id) { ${fields} } }`;

const id = { type: 'string', format: 'uuid' };

/** https://linear.app/developers/graphql#creating-and-editing-issues */
export const linearCreateIssue = defineTool<CreateIssueInput>({
  key: 'linear.create_issue',
  title: 'Create an issue in Linear',
  description:
    'Creates an issue in the name of the account. Its id is made from the execution of the node, so that a repeated node ' +
    'finds the issue that is there already, and does not create another one.',
  provider: 'linear',
  scopes: ['issues:create'],
  effect: 'write',
  input: {
    type: 'object',
    additionalProperties: false,
    required: ['team_id', 'title'],
    properties: {
      team_id: { ...id, description: 'Id of the team.' },
      title: { type: 'string', minLength: 1, maxLength: 255 },
      description: { type: 'string', maxLength: 100_000, description: 'Markdown.' },
      priority: {
        type: 'integer',
        minimum: 0,
        maximum: 4,
        description: '0: none, 1: urgent, 2: high, 3: medium, 4: low.',
      },
      assignee_id: id,
      state_id: id,
      project_id: id,
      label_ids: { type: 'array', items: id, maxItems: 50, default: [] },
      due_date: { type: 'string', format: 'date' },
    },
  },
  output: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'identifier', 'title', 'url'],
    properties: {
      id: { type: 'string' },
      identifier: { type: 'string', description: 'For people, such as `ENG-7`.' },
      title: { type: 'string' },
      url: { type: 'string', description: 'Where people read it.' },
    },
  },
  example: { team_id: '9cfb482a-81e3-4154-b5b9-2c805e70a02d', title: 'It is broken', priority: 2 },
  async run(context, input) {
    const issueId = uuidOf(context.idempotencyKey);
    try {
      const data = await callLinear(context, create, { input: issueInput(issueId, input) });
      return issueOf(data.object('issueCreate').object('issue'));
    } catch (error) {
      const known = await alreadyThere(context, issueId, error);
      if (known) return known;
      throw error;
    }
  },
});

function issueInput(issueId: string, input: CreateIssueInput): JsonObject {
  const names = {
    teamId: input.team_id,
    title: input.title,
    description: input.description,
    priority: input.priority,
    assigneeId: input.assignee_id,
    stateId: input.state_id,
    projectId: input.project_id,
    dueDate: input.due_date,
    ...(input.label_ids.length > 0 && { labelIds: input.label_ids }),
  };
  const given = Object.entries(names).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { id: issueId, ...Object.fromEntries(given) };
}

/** Linear refuses an id that is taken; only an attempt before this one can have taken it. */
async function alreadyThere(access: Access, issueId: string, error: unknown): Promise<JsonObject | undefined> {
  if (!(error instanceof ToolError) || error.code !== 'upstream-refused') return undefined;
  const issue = await callLinear(access, find, { id: issueId }).catch(() => undefined);
  return issue?.has('issue') ? issueOf(issue.object('issue')) : undefined;
}

function issueOf(issue: Fields): JsonObject {
  return {
    id: issue.text('id'),
    identifier: issue.text('identifier'),
    title: issue.text('title'),
    url: issue.text('url'),
  };
}

/** The same for each attempt, and no other: Linear wants version 4 (RFC 9562, 5.4), which no hash is by itself. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
