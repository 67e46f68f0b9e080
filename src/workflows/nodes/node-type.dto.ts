import { JsonObject as JsonObjectField, JsonValue } from '../../common/http/validation/json-field.js';
import { type Json, type JsonObject } from '../../common/json.js';
import { nodeSchema } from '../preflight/spec-schema.js';
import { type NodeType } from './define-node.js';

/** A node type that specs can use. */
export class NodeTypeResponse {
  /** `type` in a spec. @example set */
  type: string;
  /** @example Set a value */
  title: string;
  /** What it does, for people who choose one. */
  description: string;
  @JsonObjectField({ description: 'JSON Schema of a node of this type.' })
  config_schema: JsonObject;
  @JsonValue({ description: 'A node of this type that works.' })
  example: Json;

  static from(type: NodeType): NodeTypeResponse {
    return Object.assign(new NodeTypeResponse(), {
      type: type.key,
      title: type.title,
      description: type.description,
      config_schema: nodeSchema(type) as JsonObject,
      example: type.example,
    } satisfies NodeTypeResponse);
  }
}

export class NodeTypesResponse {
  items: NodeTypeResponse[];
}
