import { EntityManager, LockMode } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../../common/audit/audit.js';
import { CursorCodec } from '../../common/http/paging/cursor.js';
import { type Page } from '../../common/http/paging/page.dto.js';
import { loadPage } from '../../common/http/paging/page.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { OAuthConnection } from '../../oauth/index.js';
import { type Principal, User } from '../../users/index.js';
import {
  type CredentialErrorCode,
  ResourceInvalidError,
  ResourceNotFoundError,
  SecretNotFoundError,
} from '../integrations.errors.js';
import { RESOURCE_TYPES, type ResourceTypeCatalogue } from '../resource-types/catalogue.js';
import { type ResourceType } from '../resource-types/define-resource-type.js';
import { IntegrationResource } from './integration-resource.entity.js';
import { IntegrationSecret } from './integration-secret.entity.js';
import { checkMetadata, checkSecrets, knownType, refuseMove, typeOf } from './resource-rules.js';
import { ResourceSecrets } from './resource-secrets.js';
import {
  type CreateResourceRequest,
  type ResourceQuery,
  ResourceResponse,
  type SecretResponse,
  type SecretsResponse,
  type UpdateResourceRequest,
} from './resource.dto.js';

/** What people save to use it in workflows. Every look-up is for its owner: a foreign id is an unknown id. */
@Injectable()
export class ResourcesService {
  constructor(
    private readonly em: EntityManager,
    private readonly cursors: CursorCodec,
    private readonly secrets: ResourceSecrets,
    private readonly audit: Audit,
    @Inject(RESOURCE_TYPES) private readonly types: ResourceTypeCatalogue,
  ) {}

  /** @throws ResourceInvalidError */
  async create(caller: Principal, request: CreateResourceRequest): Promise<ResourceResponse> {
    const { name, metadata = {} } = request;
    const type = knownType(this.types, request.resource_type);
    refuseProvider(type, request.provider);
    checkMetadata(type, metadata);
    const secrets = checkSecrets(type, request.secrets ?? {});
    const user = this.em.getReference(User, caller.userId);
    const { key: resourceType, provider } = type;
    const resource = new IntegrationResource({ user, name, resourceType, provider, metadata });
    await this.connect(caller, resource, type, request.connection_id);
    await this.secrets.prepare();
    const sealed = Object.entries(secrets).map(([key, value]) => this.sealed(caller, resource, key, value));
    const secretKeys = Object.keys(secrets).sort();
    await this.em.transactional(async (em) => {
      await em.persist([resource, ...sealed]).flush();
      await this.record(resource, 'created', { name, resource_type: resourceType, secret_keys: secretKeys });
    });
    return this.response(resource, secretKeys);
  }

  /** Newest first. Nothing is decrypted. @throws CursorInvalidError */
  async list(caller: Principal, { resource_type: type, ...query }: ResourceQuery): Promise<Page<ResourceResponse>> {
    const keys = new Map<string, string[]>();
    return loadPage(this.cursors, {
      query,
      scope: { owner: caller.userId, list: `resources ${type ?? ''}` },
      load: async (count, position) => {
        const found = await this.em.find(
          IntegrationResource,
          {
            user: caller.userId,
            ...(type && { resourceType: type }),
            ...(position && { resourceId: { $lt: String(position[0]) } }),
          },
          { orderBy: { resourceId: 'desc' }, limit: count, populate: ['connection'] },
        );
        for (const { resource, key } of await this.keysOf(found)) {
          keys.set(String(resource.id), [...(keys.get(String(resource.id)) ?? []), key]);
        }
        return found;
      },
      positionOf: ({ resourceId }) => [resourceId],
      toItem: (resource) => this.response(resource, keys.get(String(resource.id)) ?? []),
    });
  }

  /** @throws ResourceNotFoundError */
  async get(caller: Principal, publicId: string): Promise<ResourceResponse> {
    const resource = await this.find(caller, publicId);
    return this.response(resource, await this.secretKeys(resource));
  }

  /** @throws ResourceNotFoundError, ResourceInvalidError, SecretsBoundError */
  async update(caller: Principal, publicId: string, request: UpdateResourceRequest): Promise<ResourceResponse> {
    return this.em.transactional(async () => {
      const resource = await this.lock(caller, publicId);
      const type = typeOf(this.types, resource);
      const keys = await this.secretKeys(resource);
      resource.name = request.name ?? resource.name;
      if (request.metadata) {
        checkMetadata(type, request.metadata);
        if (keys.length > 0) refuseMove(type, resource.metadata, request.metadata);
        resource.metadata = request.metadata;
      }
      if (request.connection_id !== undefined) await this.connect(caller, resource, type, request.connection_id);
      await this.record(resource, 'changed', { changed: Object.keys(request).sort() });
      return this.response(resource, keys);
    });
  }

  /** @throws ResourceNotFoundError */
  async delete(caller: Principal, publicId: string): Promise<void> {
    await this.em.transactional(async (em) => {
      const resource = await this.find(caller, publicId);
      if ((await em.nativeDelete(IntegrationResource, { id: resource.id })) === 0)
        throw new ResourceNotFoundError(publicId);
      await this.record(resource, 'deleted', { name: resource.name, resource_type: resource.resourceType });
    });
  }

  /** @throws ResourceNotFoundError */
  async listSecrets(caller: Principal, publicId: string): Promise<SecretsResponse> {
    const secrets = await this.keysOf([await this.find(caller, publicId)]);
    return { items: secrets.map(secretResponse) };
  }

  /** @throws ResourceNotFoundError, ResourceInvalidError */
  async putSecret(caller: Principal, publicId: string, key: string, value: string): Promise<SecretResponse> {
    await this.secrets.prepare();
    return this.em.transactional(async () => {
      const resource = await this.lock(caller, publicId);
      const keys = await this.secretKeys(resource);
      checkSecrets(typeOf(this.types, resource), { ...placeholders(keys), [key]: value });
      const known = await this.em.findOne(IntegrationSecret, { resource, key });
      const secret = known ?? this.sealed(caller, resource, key, value);
      if (known) {
        known.value = this.secrets.seal({ resourceId: resource.resourceId, userId: caller.userId }, key, value);
      }
      await this.em.persist(secret).flush();
      await this.record(resource, 'secret-put', { key });
      return secretResponse(secret);
    });
  }

  /** @throws ResourceNotFoundError, SecretNotFoundError; ResourceInvalidError when its type can't be without */
  async deleteSecret(caller: Principal, publicId: string, key: string): Promise<void> {
    await this.em.transactional(async () => {
      const resource = await this.lock(caller, publicId);
      const secret = await this.em.findOne(IntegrationSecret, { resource, key });
      if (!secret) throw new SecretNotFoundError(publicId, key);
      await this.em.remove(secret).flush();
      await this.record(resource, 'secret-deleted', { key });
    });
  }

  /** In the transaction that does it. */
  private record({ resourceId }: IntegrationResource, what: string, details: JsonObject): Promise<void> {
    const object = makePublicId('resource', resourceId);
    return this.audit.record(this.em, { action: `resource.${what}`, object, details });
  }

  private async find(caller: Principal, publicId: string): Promise<IntegrationResource> {
    const resourceId = parsePublicId('resource', publicId);
    const where = resourceId && { resourceId, user: caller.userId };
    const found = where && (await this.em.findOne(IntegrationResource, where, { populate: ['connection'] }));
    if (!found) throw new ResourceNotFoundError(publicId);
    return found;
  }

  /** Changes of one resource and its secrets happen one after the other. */
  private async lock(caller: Principal, publicId: string): Promise<IntegrationResource> {
    const resource = await this.find(caller, publicId);
    await this.em.lock(resource, LockMode.PESSIMISTIC_WRITE);
    if (!(await this.em.refresh(resource, { populate: ['connection'] }))) throw new ResourceNotFoundError(publicId);
    return resource;
  }

  /** Puts the resource on an account, if its type needs one. */
  private async connect(
    caller: Principal,
    resource: IntegrationResource,
    type: ResourceType,
    publicId: string | undefined,
  ): Promise<void> {
    if (!type.needsConnection) {
      if (publicId !== undefined)
        throw unfit(
          'connection-unfit',
          `A resource of type ${type.key} stands on no account: leave connection_id out.`,
        );
      return;
    }
    if (publicId === undefined) {
      const message = `A resource of type ${type.key} stands on an account of ${type.provider}: name it in connection_id.`;
      throw unfit('connection-missing', message);
    }
    const connectionId = parsePublicId('connection', publicId);
    const where = connectionId && { connectionId, user: caller.userId };
    const connection = where && (await this.em.findOne(OAuthConnection, where));
    if (!connection) {
      throw unfit('connection-not-found', `There is no connection ${publicId}.`);
    }
    if (connection.provider !== type.provider) {
      const message = `${publicId} is an account of ${connection.provider}; a resource of type ${type.key} needs one of ${type.provider}.`;
      throw unfit('connection-unfit', message);
    }
    resource.connection = this.em.getReference(OAuthConnection, connection.id, { wrapped: true });
  }

  private sealed(caller: Principal, resource: IntegrationResource, key: string, value: string): IntegrationSecret {
    const owner = { resourceId: resource.resourceId, userId: caller.userId };
    return new IntegrationSecret({ resource, key, value: this.secrets.seal(owner, key, value) });
  }

  private async secretKeys(resource: IntegrationResource): Promise<string[]> {
    return (await this.keysOf([resource])).map(({ key }) => key);
  }

  private keysOf(resources: readonly IntegrationResource[]): Promise<IntegrationSecret[]> {
    const where = { resource: { $in: resources.map(({ id }) => id) } };
    return this.em.find(IntegrationSecret, where, { orderBy: { key: 'asc' }, refresh: true });
  }

  private response(resource: IntegrationResource, secretKeys: readonly string[]): ResourceResponse {
    const needsConnection = this.types.get(resource.resourceType)?.needsConnection ?? false;
    return ResourceResponse.from({ resource, needsConnection, secretKeys });
  }
}

function unfit(code: CredentialErrorCode, message: string, pointer = '/connection_id'): ResourceInvalidError {
  return new ResourceInvalidError(message, [{ pointer, code, message }]);
}

/** Named for people who know it from elsewhere; it follows from the type. */
function refuseProvider({ key, provider }: ResourceType, given: string | undefined): void {
  if (given === undefined || given === provider) return;
  throw unfit(
    'connection-unfit',
    `The provider of a resource of type ${key} is ${provider}, not ${given}.`,
    '/provider',
  );
}

/** Secrets that are there already, for a look at all of them together. */
function placeholders(keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, 'stored']));
}

function secretResponse({ key, createdAt, updatedAt }: IntegrationSecret): SecretResponse {
  return { key, created_at: createdAt, updated_at: updatedAt };
}
