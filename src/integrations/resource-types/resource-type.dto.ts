import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { type JsonObject } from '../../common/json.js';
import { type ResourceType } from './define-resource-type.js';

/** A kind of resource that can be saved. */
export class ResourceTypeResponse {
  /** `resource_type` of a resource. @example postgres_database */
  resource_type: string;
  /** @example PostgreSQL database */
  title: string;
  description: string;
  /** @example postgres */
  provider: string;
  /** Whether it stands on a connected account of its provider. @example false */
  needs_connection: boolean;
  @JsonObjectField({ description: 'JSON Schema of `metadata`.' })
  metadata_schema: JsonObject;
  @JsonObjectField({ description: 'JSON Schema of `secrets`.' })
  secrets_schema: JsonObject;
  @JsonObjectField({ description: '`metadata` and `secrets` of one that would be accepted.' })
  example: JsonObject;

  static from(type: ResourceType): ResourceTypeResponse {
    return Object.assign(new ResourceTypeResponse(), {
      resource_type: type.key,
      title: type.title,
      description: type.description,
      provider: type.provider,
      needs_connection: type.needsConnection ?? false,
      metadata_schema: type.metadata as JsonObject,
      secrets_schema: type.secrets as JsonObject,
      example: { ...type.example } as JsonObject,
    } satisfies ResourceTypeResponse);
  }
}

export class ResourceTypesResponse {
  items: ResourceTypeResponse[];
}
