import { ApiProperty } from '@nestjs/swagger';
import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { type JsonObject } from '../../common/json.js';
import { type Finding, type FindingCode, findingCodes } from '../spec/findings.js';
import { exampleSpec } from '../workflow.dto.js';

export class ValidateSpecRequest {
  /** The spec to look at. Nothing is stored. */
  @JsonObjectField({ example: exampleSpec })
  spec: JsonObject;
}

/** One thing the preflight found. */
export class FindingResponse implements Finding {
  /** Stable; each has a page at `/problems/<code>`. */
  @ApiProperty({ enum: Object.keys(findingCodes) })
  code: FindingCode;
  /** Errors keep a workflow from being published and run; warnings do not. */
  @ApiProperty({ enum: ['error', 'warning'] })
  severity: 'error' | 'warning';
  /** The node it is in; null: the spec as a whole. @example title */
  node_id: string | null;
  /** JSON pointer (RFC 6901) into the spec. @example /nodes/1/value */
  pointer: string;
  message: string;
  /** The expression in question. @example todo.body.titel */
  expression?: string;
}

/** What a workflow reaches out to. */
export class RequirementsResponse {
  /** Named by nodes, or what they would use. @example [] */
  connections: string[];
  /** Scopes that the connections need. */
  scopes: string[];
  /** Named by nodes, or what they would use. @example ["res_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b"] */
  resources: string[];
  /** Hosts that are named literally, and those of the resources and accounts. @example ["api.example.com"] */
  hosts: string[];
  /** @example ["http.request"] */
  tools: string[];
}

export class BoundsResponse {
  /** The most node executions that one run can take, loops at their limits. @example 2 */
  max_steps: number;
}

/** The preflight report: everything that is known of a spec before anything runs. */
export class ReportResponse {
  /** It can be published and run. */
  ok: boolean;
  errors: FindingResponse[];
  warnings: FindingResponse[];
  requires: RequirementsResponse;
  /** Null while the shape of the spec is wrong. */
  @ApiProperty({ type: BoundsResponse, nullable: true })
  bounds: BoundsResponse | null;
}
