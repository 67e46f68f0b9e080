import { ArrayMaxSize, ArrayUnique, IsArray, IsString, Length, Matches, MaxLength } from 'class-validator';
import { PageOf } from '../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField } from '../common/http/validation/json-field.js';
import { Optional } from '../common/http/validation/optional.js';
import { type JsonObject } from '../common/json.js';
import { makePublicId } from '../common/public-id.js';
import { type WorkflowDraft } from './workflow-draft.entity.js';
import { type Workflow } from './workflow.entity.js';

/** A spec that works, for the documentation. */
export const exampleSpec: JsonObject = {
  version: '1',
  inputs: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
  nodes: [
    { id: 'todo', type: 'tool', tool: 'http.request', inputs: { url: 'https://api.example.com/todos/${inputs.id}' } },
    { id: 'title', type: 'set', value: '${todo.body.title}' },
  ],
  output: { title: '${title}' },
};

const notBlank = { message: 'name must not be blank' };

/** What a workflow has beside its name, which only a new one must be given. */
class WorkflowFields {
  /** What it is for. @example Mails me when rain is coming */
  @Optional()
  @IsString()
  @MaxLength(10_000)
  description?: string;

  /** Labels to find it by. @example ["weather"] */
  @Optional()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  tags?: string[];
}

export class UpdateWorkflowRequest extends WorkflowFields {
  /** @example Rain alert */
  @Optional()
  @IsString()
  @Length(1, 255)
  @Matches(/\S/, notBlank)
  name?: string;
}

export class CreateWorkflowRequest extends WorkflowFields {
  /** @example Rain alert */
  @IsString()
  @Length(1, 255)
  @Matches(/\S/, notBlank)
  name: string;

  /** The first draft; it may be incomplete. Left out, the draft is an empty workflow. */
  @Optional()
  @JsonObjectField({ required: false, example: exampleSpec })
  spec?: JsonObject;
}

export class WorkflowResponse {
  /** @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string;
  /** @example Rain alert */
  name: string;
  /** @example Mails me when rain is coming */
  description: string;
  /** @example ["weather"] */
  tags: string[];
  /** Revision of the draft; it rises by 1 with each change. @example 1 */
  draft_revision: number;
  /** Number of the version that triggers and runs use; null: nothing is published. @example 1 */
  published_version: number | null;
  created_at: Date;
  updated_at: Date;

  static from(workflow: Workflow, draft: Pick<WorkflowDraft, 'revision'>): WorkflowResponse {
    return Object.assign(new WorkflowResponse(), {
      workflow_id: makePublicId('workflow', workflow.workflowId),
      name: workflow.name,
      description: workflow.description,
      tags: workflow.tags,
      draft_revision: draft.revision,
      published_version: workflow.publishedVersion?.versionNumber ?? null,
      created_at: workflow.createdAt,
      updated_at: workflow.updatedAt,
    } satisfies WorkflowResponse);
  }
}

export class WorkflowPage extends PageOf(WorkflowResponse) {}
