import { EntityManager } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import { textArray } from '../../common/database/sql-array.js';
import { type JsonObject } from '../../common/json.js';
import { makePublicId, parsePublicId } from '../../common/public-id.js';
import { ProviderRegistry } from '../../oauth/index.js';
import { CredentialError } from '../integrations.errors.js';
import { RESOURCE_TYPES, type ResourceTypeCatalogue } from '../resource-types/catalogue.js';
import { type CredentialNeeds } from '../tools/define-tool.js';

/** What a node says about what it works with. */
export interface CredentialUse {
  readonly needs: CredentialNeeds;
  /** Public id. */
  readonly connection?: string | undefined;
  /** Public id. */
  readonly resource?: string | undefined;
}

/** A connection as far as a choice looks at it. Ids are uuids. */
export interface ConnectionRow {
  readonly connection_id: string;
  readonly provider: string;
  readonly account_label: string;
  readonly scopes: readonly string[];
  readonly status: string;
}

/** A resource, without its secrets. */
export interface ResourceRow {
  readonly resource_id: string;
  readonly name: string;
  readonly resource_type: string;
  readonly metadata: JsonObject;
  readonly connection: ConnectionRow | null;
}

/** What is used, as far as something is needed. */
export interface Chosen {
  readonly resource?: ResourceRow | undefined;
  readonly connection?: ConnectionRow | undefined;
}

/** More than these are not named when somebody has to choose. */
const NAMED = 5;

const connectionColumns = 'c.connection_id, c.provider, c.account_label, c.scopes, c.status';

/**
 * Decides what a node works with: what it names; else the account of its resource; else the only one there is. The same
 * decision before a run and in it. Everything is looked up for its owner.
 */
@Injectable()
export class CredentialChoice {
  constructor(
    private readonly em: EntityManager,
    private readonly providers: ProviderRegistry,
    @Inject(RESOURCE_TYPES) private readonly types: ResourceTypeCatalogue,
  ) {}

  /** @throws CredentialError that says what to change */
  async choose(userId: string, use: CredentialUse): Promise<Chosen> {
    const resource = await this.resource(userId, use);
    const connection = await this.connection(userId, use, resource);
    return { resource, connection };
  }

  private async resource(userId: string, use: CredentialUse): Promise<ResourceRow | undefined> {
    const { needs, resource: named } = use;
    if (named !== undefined) return this.namedResource(userId, needs, named);
    const types = needs.resourceTypes ?? [];
    if (types.length === 0 || needs.credentialsOptional) return undefined;
    const rows = await this.resources(userId, 'r.resource_type = any(?::text[])', textArray([...types]));
    if (rows.length === 1) return rows[0];
    const kinds = types.join(' or ');
    if (rows.length === 0) {
      throw new CredentialError('resource-missing', `${needs.key} needs a resource of type ${kinds}.`, 'resource');
    }
    const choices = rows.map(({ resource_id: id, name }) => `${makePublicId('resource', id)} (${name})`);
    const message = `${needs.key} needs a ${kinds}, and you have several: name one of ${list(choices)} in "resource".`;
    throw new CredentialError('resource-ambiguous', message, 'resource');
  }

  private async namedResource(userId: string, needs: CredentialNeeds, publicId: string): Promise<ResourceRow> {
    const uuid = parsePublicId('resource', publicId);
    const [row] = uuid ? await this.resources(userId, 'r.resource_id = ?', uuid) : [];
    if (!row) throw new CredentialError('resource-not-found', `There is no resource ${publicId}.`, 'resource');
    if (needs.resourceTypes?.includes(row.resource_type)) return row;
    const type = this.types.get(row.resource_type);
    const isAccount = type?.needsConnection && isOf(type.provider, needs);
    if (isAccount) return row;
    const wanted = needs.resourceTypes?.join(' or ') ?? (needs.provider ? `an account of ${needs.provider}` : 'none');
    const message = `${publicId} is a ${row.resource_type}; ${needs.key} works with ${wanted}.`;
    throw new CredentialError('resource-unfit', message, 'resource');
  }

  private async connection(
    userId: string,
    { needs, connection: named }: CredentialUse,
    resource: ResourceRow | undefined,
  ): Promise<ConnectionRow | undefined> {
    const chosen =
      named !== undefined
        ? await this.namedConnection(userId, needs, named)
        : await this.impliedConnection(userId, needs, resource);
    if (chosen) this.refuseMissingScopes(needs, chosen);
    return chosen;
  }

  private async namedConnection(userId: string, needs: CredentialNeeds, publicId: string): Promise<ConnectionRow> {
    const uuid = parsePublicId('connection', publicId);
    const [row] = uuid ? await this.connections(userId, 'c.connection_id = ?', uuid) : [];
    if (!row) throw new CredentialError('connection-not-found', `There is no connection ${publicId}.`, 'connection');
    if (isOf(row.provider, needs)) return row;
    const wanted = needs.provider ? `accounts of ${needs.provider}` : 'no account';
    const message = `${publicId} is an account of ${row.provider}; ${needs.key} works with ${wanted}.`;
    throw new CredentialError('connection-unfit', message, 'connection');
  }

  private async impliedConnection(
    userId: string,
    { key, provider, credentialsOptional }: CredentialNeeds,
    resource: ResourceRow | undefined,
  ): Promise<ConnectionRow | undefined> {
    if (provider === undefined) return undefined;
    if (resource?.connection) return resource.connection;
    if (resource && this.types.get(resource.resource_type)?.needsConnection) {
      const name = makePublicId('resource', resource.resource_id);
      const message = `The account that ${name} (${resource.name}) stood on was deleted: give it another one.`;
      throw new CredentialError('connection-missing', message, 'resource');
    }
    if (credentialsOptional) return undefined;
    const rows = await this.connections(userId, 'c.provider = ?', provider);
    if (rows.length === 1) return rows[0];
    if (rows.length === 0) {
      const message = `${key} needs an account of ${provider}, and you have connected none.`;
      throw new CredentialError('connection-missing', message, 'connection');
    }
    const choices = rows.map(
      ({ connection_id: id, account_label: label }) => `${makePublicId('connection', id)} (${label})`,
    );
    const message = `${key} needs an account of ${provider}, and you have several: name one of ${list(choices)} in "connection".`;
    throw new CredentialError('connection-ambiguous', message, 'connection');
  }

  private refuseMissingScopes({ key, scopes = [] }: CredentialNeeds, connection: ConnectionRow): void {
    const missing = this.providers.missingScopes(connection.provider, connection.scopes, scopes);
    if (missing.length === 0) return;
    const id = makePublicId('connection', connection.connection_id);
    const message =
      `${key} needs what ${id} (${connection.account_label}) was not granted: ${missing.join(' ')}. Connect it again with ` +
      `GET /v1/integrations/${connection.provider}/authorize?scopes=${encodeURIComponent(missing.join(' '))}.`;
    throw new CredentialError('connection-scopes-missing', message, 'connection');
  }

  private resources(userId: string, where: string, value: string): Promise<ResourceRow[]> {
    return this.em.fork().execute<ResourceRow[]>(
      `select r.resource_id, r.name, r.resource_type, r.metadata,
              (select to_jsonb(c) from (select ${connectionColumns} from oauth_connection c where c.id = r.connection_id) c) as connection
         from integration_resource r where r.user_id = ? and ${where} order by r.resource_id limit ${NAMED + 1}`,
      [userId, value],
    );
  }

  private connections(userId: string, where: string, value: string): Promise<ConnectionRow[]> {
    return this.em.fork().execute<ConnectionRow[]>(
      `select ${connectionColumns} from oauth_connection c
        where c.user_id = ? and ${where} order by c.connection_id limit ${NAMED + 1}`,
      [userId, value],
    );
  }
}

function isOf(provider: string, needs: CredentialNeeds): boolean {
  return needs.provider === '*' || needs.provider === provider;
}

function list(choices: readonly string[]): string {
  return choices.length > NAMED ? `${choices.slice(0, NAMED).join(', ')}, …` : choices.join(', ');
}
