import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { type JsonObject } from '../../common/json.js';
import { type Tool } from './define-tool.js';

/** A tool that `tool` nodes can call. */
export class ToolResponse {
  /** `tool` in a spec. @example http.request */
  tool: string;
  /** @example HTTP request */
  title: string;
  /** What it does, for people and for models that choose one. */
  description: string;
  /** Key of the provider whose accounts it works with; `*`: of any; null: of none. @example * */
  provider: string | null;
  /** What a connection must be granted for it. @example [] */
  scopes: string[];
  /** Types of the resources that it works with. @example ["http_api"] */
  resource_types: string[];
  /** Whether it works without an account or a resource, using one only when the node names it. @example true */
  credentials_optional: boolean;
  /** Inputs that must stand in the spec as they are, without expressions. @example [] */
  literal_inputs: string[];
  /** Whether its inputs may have `${secrets.…}` of its resource. @example true */
  takes_secrets: boolean;
  /** Whether it only reads; `depends`: on its inputs. @example depends */
  effect: 'none' | 'read' | 'write' | 'depends';
  @JsonObjectField({ description: 'JSON Schema of the inputs.' })
  input_schema: JsonObject;
  @JsonObjectField({ description: "JSON Schema of the output, the node's value." })
  output_schema: JsonObject;
  @JsonObjectField({ description: 'Inputs that work.' })
  example: JsonObject;

  static from(tool: Tool): ToolResponse {
    return Object.assign(new ToolResponse(), {
      tool: tool.key,
      title: tool.title,
      description: tool.description,
      provider: tool.provider ?? null,
      scopes: [...(tool.scopes ?? [])],
      resource_types: [...(tool.resourceTypes ?? [])],
      credentials_optional: tool.credentialsOptional ?? false,
      literal_inputs: [...(tool.literalInputs ?? [])],
      takes_secrets: tool.takesSecrets ?? false,
      effect: typeof tool.effect === 'function' ? 'depends' : tool.effect,
      input_schema: tool.input as JsonObject,
      output_schema: tool.output as JsonObject,
      example: tool.example,
    } satisfies ToolResponse);
  }
}

export class ToolsResponse {
  items: ToolResponse[];
}
