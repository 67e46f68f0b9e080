import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, Max, Min, ValidateNested } from 'class-validator';
import { JsonObject as JsonObjectField } from '../common/http/validation/json-field.js';
import { Optional } from '../common/http/validation/optional.js';
import { type JsonObject } from '../common/json.js';
import { makePublicId } from '../common/public-id.js';
import { JsonPatchOperation } from './json-patch.dto.js';
import { type WorkflowDraft } from './workflow-draft.entity.js';
import { exampleSpec } from './workflow.dto.js';

/** The largest revision or version number there can be (PostgreSQL's integer). */
export const MAX_NUMBER = 2_147_483_647;

/** The revision that something is based on; a change since then is a conflict. */
export class BaseRevisionRequest {
  /** Do it only if the draft is still at this revision. @example 1 */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(MAX_NUMBER)
  base_revision?: number;
}

/** A change of the draft: the whole new `spec`, or a `patch`. */
export class UpdateDraftRequest extends BaseRevisionRequest {
  /** The whole spec; it may be incomplete. */
  @Optional()
  @JsonObjectField({ required: false, example: exampleSpec })
  spec?: JsonObject;

  /** JSON Patch (RFC 6902), applied to the draft at `base_revision`. */
  @Optional()
  @ApiProperty({ type: [JsonPatchOperation], required: false })
  @IsArray()
  @ArrayMaxSize(1_000)
  @ValidateNested({ each: true })
  @Type(() => JsonPatchOperation)
  patch?: JsonPatchOperation[];
}

export class DraftResponse {
  /** @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string;
  @JsonObjectField({ example: exampleSpec })
  spec: JsonObject;
  /** @example 1 */
  revision: number;
  updated_at: Date;

  static from(draft: WorkflowDraft): DraftResponse {
    return Object.assign(new DraftResponse(), {
      workflow_id: makePublicId('workflow', draft.workflow.workflowId),
      spec: draft.spec,
      revision: draft.revision,
      updated_at: draft.updatedAt,
    } satisfies DraftResponse);
  }
}
