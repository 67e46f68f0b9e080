import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { PageOf, PageQuery } from '../../common/http/paging/page.dto.js';
import { JsonObject as JsonObjectField } from '../../common/http/validation/json-field.js';
import { Optional } from '../../common/http/validation/optional.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { type IntegrationResource } from './integration-resource.entity.js';

/** What a secret can be called: usable as `${secrets.<key>}`. */
export const secretKeyPattern = /^[a-z][a-z0-9_]{0,62}$/;

const notBlank = { message: 'name must not be blank' };
const keyOfType = { message: 'must be the key of a resource type, such as postgres_database' };

/**
 * `ready`: can be used. `needs_connection`: the account that it stands on was deleted; give it another one.
 * `reauth_required`: that account must be connected again.
 */
export type ResourceStatus = 'ready' | 'needs_connection' | 'reauth_required';
export const resourceStatuses: ResourceStatus[] = ['ready', 'needs_connection', 'reauth_required'];

const exampleMetadata = { host: 'db.example.com', database: 'shop', user: 'reporting' };

export class UpdateResourceRequest {
  /** @example Production DB */
  @Optional()
  @IsString()
  @Length(1, 255)
  @Matches(/\S/, notBlank)
  name?: string;

  /** The account that it stands on, where its type needs one. @example conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  @Optional()
  @IsString()
  @MaxLength(100)
  connection_id?: string;

  /** In place of what was there. Its schema is that of the type. */
  @Optional()
  @JsonObjectField({ required: false, example: exampleMetadata })
  metadata?: JsonObject;
}

export class CreateResourceRequest {
  /** @example Production DB */
  @IsString()
  @Length(1, 255)
  @Matches(/\S/, notBlank)
  name: string;

  /** One of `GET /v1/integrations/resource-types`. @example postgres_database */
  @IsString()
  @Matches(/^[a-z][a-z0-9_]{0,62}$/, keyOfType)
  resource_type: string;

  /** That of its type, if it is given at all. @example postgres */
  @Optional()
  @IsString()
  @MaxLength(100)
  provider?: string;

  /** The account that it stands on, where its type needs one. */
  @Optional()
  @IsString()
  @MaxLength(100)
  connection_id?: string;

  /** Hosts, names, options; never a secret. Its schema is that of the type. */
  @Optional()
  @JsonObjectField({ required: false, example: exampleMetadata })
  metadata?: JsonObject;

  /** Texts by key. Stored encrypted and never shown again. */
  @Optional()
  @JsonObjectField({ required: false, example: { password: 'correct horse battery staple' } })
  secrets?: JsonObject;
}

export class PutSecretRequest {
  /** Stored encrypted, in place of what was there. @example correct horse battery staple */
  @IsString()
  @Length(1, 65_536)
  value: string;
}

export class ResourceQuery extends PageQuery {
  /** Only those of this type. @example postgres_database */
  @Optional()
  @IsString()
  @Matches(/^[a-z][a-z0-9_]{0,62}$/, keyOfType)
  resource_type?: string;
}

/** What a resource is made of in the database. */
export interface ResourceParts {
  readonly resource: IntegrationResource;
  readonly needsConnection: boolean;
  readonly secretKeys: readonly string[];
}

/** Something that workflows name and use. Its secrets are never shown, only their keys. */
export class ResourceResponse {
  /** @example res_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b */
  resource_id: string;
  /** @example Production DB */
  name: string;
  /** @example postgres_database */
  resource_type: string;
  /** @example postgres */
  provider: string;
  /** The account that it stands on; null: none. @example null */
  connection_id: string | null;
  @JsonObjectField({ example: exampleMetadata })
  metadata: JsonObject;
  /** @example ["password"] */
  secret_keys: string[];
  /**
   * `ready`: can be used. `needs_connection`: the account that it stands on was deleted; give it another one.
   * `reauth_required`: that account must be connected again.
   * @example ready
   */
  @ApiProperty({ enum: resourceStatuses })
  status: ResourceStatus;
  created_at: Date;
  updated_at: Date;

  static from(parts: ResourceParts): ResourceResponse {
    const { resource, secretKeys } = parts;
    const connection = resource.connection?.unwrap();
    return Object.assign(new ResourceResponse(), {
      resource_id: makePublicId('resource', resource.resourceId),
      name: resource.name,
      resource_type: resource.resourceType,
      provider: resource.provider,
      connection_id: connection ? makePublicId('connection', connection.connectionId) : null,
      metadata: resource.metadata,
      secret_keys: [...secretKeys],
      status: statusOf(parts),
      created_at: resource.createdAt,
      updated_at: resource.updatedAt,
    } satisfies ResourceResponse);
  }
}

export class ResourcePage extends PageOf(ResourceResponse) {}

function statusOf({ resource, needsConnection }: ResourceParts): ResourceStatus {
  if (!resource.connection) return needsConnection ? 'needs_connection' : 'ready';
  return resource.connection.unwrap().status === 'healthy' ? 'ready' : 'reauth_required';
}

export class SecretResponse {
  /** @example password */
  key: string;
  created_at: Date;
  updated_at: Date;
}

export class SecretsResponse {
  items: SecretResponse[];
}

export class ResourceTestResponse {
  /** Whether it works. */
  ok: boolean;
  /** What was found, or what is wrong. @example "PostgreSQL 17.4, database shop, as reporting; 12 tables can be read." */
  message: string;
  /** Code of what is wrong, as of a failed node; null: nothing. @example null */
  code: string | null;
  /** How long it took, in milliseconds. @example 48 */
  duration_ms: number;
}
