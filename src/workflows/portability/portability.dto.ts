import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, Matches } from 'class-validator';
import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type JsonObject } from '../../common/json.js';
import { type PreflightReport } from '../preflight/preflight.js';
import { ReportResponse } from '../preflight/preflight.dto.js';
import { exampleSpec, WorkflowResponse } from '../workflow.dto.js';
import { type ImportedSubscription } from './portable-subscriptions.js';
import {
  FORMAT,
  FORMAT_VERSION,
  type PortableSubscription,
  type PortableWorkflow,
  type Requirement,
} from './portable-workflow.js';

const exampleStandIn = 'res_00000000-0000-0000-0000-000000000001';
const exampleMapping = { [exampleStandIn]: 'res_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b' };

export class ExportQuery {
  /** `draft`, `published`, or the number of a version. @example published */
  @Optional()
  @Matches(/^(draft|published|[1-9]\d{0,8})$/, { message: 'version must be draft, published, or a number' })
  version: string = 'draft';
}

export class RequirementResponse implements Requirement {
  /** What stands for it in the document, and can be mapped to an id of yours. @example res_00000000-0000-0000-0000-000000000001 */
  id: string;
  @ApiProperty({ enum: ['connection', 'resource', 'workflow', 'other'] })
  kind: Requirement['kind'];
  /** @example postgres */
  provider: string | null;
  /** What a connection must be granted. @example [] */
  scopes: string[];
  /** @example postgres */
  resource_type: string | null;
  /** What it was called where it comes from. @example Production DB */
  name: string | null;
  /**
   * JSON pointers (RFC 6901) into the document to where it is named: the first 100 places, 2000 of all things together, none
   * longer than 500 characters. `mapping` reaches all places. @example ["/spec/nodes/0/resource"]
   */
  pointers: string[];
}

export class PortableSubscriptionResponse implements PortableSubscription {
  /** @example cron_schedule */
  trigger_type: string;
  @JsonObjectField({ example: { cron: '0 8 * * *' } })
  config: JsonObject;
}

/** A workflow that can be taken to another owner, or to another installation. */
export class PortableWorkflowResponse implements PortableWorkflow {
  @ApiProperty({ enum: [FORMAT] })
  format: typeof FORMAT;
  /** @example 1 */
  format_version: number = FORMAT_VERSION;
  /** @example Rain alert */
  name: string;
  description: string;
  tags: string[];
  @JsonObjectField({ example: exampleSpec, description: 'With stand-ins in place of ids.' })
  spec: JsonObject;
  /** SHA-256 of `spec` as canonical JSON (RFC 8785), hex. */
  spec_hash: string;
  /** What whoever imports it must have. */
  requires: RequirementResponse[];
  /** Without their links and secrets; null: your credential has not the scope `triggers:read`. */
  @ApiProperty({ type: [PortableSubscriptionResponse], nullable: true })
  subscriptions: PortableSubscriptionResponse[] | null;
}

export class ImportRequest {
  @JsonObjectField({
    description: 'What `GET /v1/workflows/{id}/export` answers.',
    example: { format: FORMAT, format_version: FORMAT_VERSION, name: 'Rain alert', spec: exampleSpec },
  })
  document: JsonObject;

  @Optional()
  @JsonObjectField({
    required: false,
    description: 'Ids of yours by the ids that stand for them in the document (`requires`).',
    example: exampleMapping,
  })
  mapping?: JsonObject;

  /** In place of the name in the document. @example Rain alert */
  @Optional()
  @IsString()
  @Length(1, 255)
  @Matches(/\S/, { message: 'name must not be blank' })
  name?: string;
}

export class ImportWarning {
  /** @example spec-hash-mismatch */
  @ApiProperty({ enum: ['spec-hash-mismatch'] })
  code: 'spec-hash-mismatch';
  message: string;
}

export class ImportFault {
  /** JSON pointer into a request that would subscribe it. @example /config/connection_id */
  pointer: string;
  code: string;
  message: string;
}

export class ImportedSubscriptionResponse {
  /** @example cron_schedule */
  trigger_type: string;
  /** It is switched off; null: it could not be made. @example sub_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  subscription_id: string | null;
  /** Why it could not be made. */
  errors: ImportFault[];
}

/** A new workflow, and what is left to do about it. Nothing of it is published. */
export class ImportResponse {
  workflow: WorkflowResponse;
  /** What `mapping` did not name, with pointers into the document. Put ids of yours there. */
  unresolved: RequirementResponse[];
  /** In the order of the document. Secrets are made anew: `POST …/{id}/rotate-secret` shows one. */
  subscriptions: ImportedSubscriptionResponse[];
  warnings: ImportWarning[];
  /** What keeps the draft from being published: node types and tools that are not known here, and all else. */
  report: ReportResponse;

  static from({
    subscriptions,
    ...made
  }: {
    workflow: WorkflowResponse;
    unresolved: Requirement[];
    subscriptions: (ImportedSubscription & { type: string })[];
    warnings: ImportWarning[];
    report: PreflightReport;
  }): ImportResponse {
    return Object.assign(new ImportResponse(), {
      ...made,
      subscriptions: subscriptions.map(({ type, id, faults }) => ({
        trigger_type: type,
        subscription_id: id,
        errors: faults.map(({ pointer, code, message }) => ({ pointer, code, message })),
      })),
    } satisfies ImportResponse);
  }
}
