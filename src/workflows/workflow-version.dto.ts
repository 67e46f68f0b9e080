import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { PageOf } from '../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField } from '../common/http/validation/json-field.js';
import { type JsonObject } from '../common/json.js';
import { makePublicId } from '../common/public-id.js';
import { JsonPatchOperation } from './json-patch.dto.js';
import { ReportResponse } from './preflight/preflight.dto.js';
import { MAX_NUMBER } from './workflow-draft.dto.js';
import {
  type WorkflowVersion,
  type WorkflowVersionStatus,
  workflowVersionStatuses,
} from './workflow-version.entity.js';
import { exampleSpec } from './workflow.dto.js';

export class VersionResponse {
  /** @example wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  workflow_id: string;
  /** 1, 2, 3 … within the workflow. @example 1 */
  version_number: number;
  /** DRAFT: never published. PUBLISHED: what triggers and runs use. ARCHIVED: was published once. */
  @ApiProperty({ enum: workflowVersionStatuses })
  status: WorkflowVersionStatus;
  /** SHA-256 of the spec as canonical JSON (RFC 8785), hex. */
  spec_hash: string;
  /** Revision of the draft it was made from. @example 1 */
  created_from_draft_revision: number;
  /** `user_id` of who made it. */
  created_by: string;
  created_at: Date;
  /** When it was published last; null: never. */
  published_at: Date | null;

  static from(version: WorkflowVersion): VersionResponse {
    return Object.assign(new VersionResponse(), fieldsOf(version));
  }
}

export class VersionWithSpecResponse extends VersionResponse {
  @JsonObjectField({ example: exampleSpec })
  spec: JsonObject;

  static withSpec(version: WorkflowVersion): VersionWithSpecResponse {
    return Object.assign(new VersionWithSpecResponse(), fieldsOf(version), { spec: version.spec });
  }
}

export class VersionPage extends PageOf(VersionResponse) {}

/** What was published. */
export class PublishResponse {
  /** The version that runs from now on. */
  version: VersionResponse;
  /** What the preflight found; no errors, but maybe warnings. */
  report: ReportResponse;
}

export class DiffQuery {
  /** Number of the version to compare with. @example 2 */
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_NUMBER)
  against: number;
}

export class DiffResponse {
  /** @example 1 */
  from: number;
  /** @example 2 */
  to: number;
  /** JSON Patch (RFC 6902) that makes the spec of `to` of that of `from`. */
  @ApiProperty({ type: [JsonPatchOperation] })
  patch: JsonPatchOperation[];
}

function fieldsOf(version: WorkflowVersion): VersionResponse {
  return {
    workflow_id: makePublicId('workflow', version.workflow.workflowId),
    version_number: version.versionNumber,
    status: version.status,
    spec_hash: version.specHash,
    created_from_draft_revision: version.createdFromDraftRevision,
    created_by: version.createdBy.userId,
    created_at: version.createdAt,
    published_at: version.publishedAt,
  };
}
