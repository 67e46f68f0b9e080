import { Inject, Injectable } from '@nestjs/common';
import { DatabaseGuard } from '../../common/database/database-guard.js';
import { EgressService } from '../../common/egress/egress.service.js';
import { type Json } from '../../common/json.js';
import { makePublicId } from '../../common/public-id.js';
import { AccessTokens, ProviderRegistry } from '../../oauth/index.js';
import { ResourceSecrets } from '../resources/resource-secrets.js';
import { RESOURCE_TYPES, type ResourceTypeCatalogue } from '../resource-types/catalogue.js';
import { type Access, type ResourceAccess } from './access.js';
import { Account } from './account.js';
import { boundEgress, type Egress } from './bound-egress.js';
import { type Chosen, CredentialChoice, type CredentialUse } from './credential-choice.js';
import { asNodeError } from './failure.js';
import { Scrubber } from './scrubber.js';

/** Somebody wants to work with credentials. */
export interface CredentialRequest extends CredentialUse {
  /** Whose they must be. */
  readonly userId: string;
  readonly signal: AbortSignal;
  /** Told of each credential before it is used. */
  readonly onUse?: OnCredentialUse | undefined;
}

/** A connection or a resource that something is about to work with, by its public id. */
export interface UsedCredential {
  readonly kind: 'connection' | 'resource';
  readonly id: string;
}

export type OnCredentialUse = (used: UsedCredential) => void;

/**
 * The only way to credentials. They exist while the work lasts, reach only where they belong, and are taken out of what
 * comes of it, an error as well as a result.
 */
@Injectable()
export class CredentialResolver {
  constructor(
    private readonly choice: CredentialChoice,
    private readonly secrets: ResourceSecrets,
    private readonly tokens: AccessTokens,
    private readonly providers: ProviderRegistry,
    private readonly egress: EgressService,
    private readonly databaseGuard: DatabaseGuard,
    @Inject(RESOURCE_TYPES) private readonly types: ResourceTypeCatalogue,
  ) {}

  /**
   * Does something with the credentials that it needs.
   * @throws ToolError when they are not there or do not fit; what the work throws, without secrets
   */
  async use<Result extends Json>(
    request: CredentialRequest,
    work: (access: Access) => Promise<Result>,
  ): Promise<Result> {
    const scrubber = new Scrubber();
    try {
      const access = await this.access(request, scrubber);
      return scrubber.json(await work(access));
    } catch (error) {
      throw scrubber.error(asNodeError(error));
    }
  }

  private async access(request: CredentialRequest, scrubber: Scrubber): Promise<Access> {
    const { userId, signal, onUse } = request;
    const chosen = await this.choice.choose(userId, request);
    if (onUse) usedBy(chosen).forEach(onUse);
    const resource = chosen.resource && (await this.resource(userId, chosen, scrubber));
    const account = chosen.connection && this.account(request, chosen, scrubber);
    await account?.prepare();
    return {
      egress: this.egressFor(resource),
      databaseGuard: this.databaseGuard,
      signal,
      hide: (text) => scrubber.add(text),
      scrub: (text) => scrubber.text(text),
      scrubBegun: (text) => scrubber.begun(text),
      ...(resource && { resource }),
      ...(account && { account }),
    };
  }

  private async resource(userId: string, { resource }: Chosen, scrubber: Scrubber): Promise<ResourceAccess> {
    const { resource_id: resourceId, name, resource_type: type, metadata } = resource!;
    const secrets = await this.secrets.open({ resourceId, userId });
    scrubber.add(...Object.values(secrets));
    return { resourceId: makePublicId('resource', resourceId), name, type, metadata, secrets };
  }

  private account(request: CredentialRequest, { connection }: Chosen, scrubber: Scrubber): Account {
    const { connection_id: connectionId, provider: key, account_label: label } = connection!;
    const provider = this.providers.get(key);
    const name = `${makePublicId('connection', connectionId)} (${label})`;
    const origins = Object.values(provider.apis ?? {}).map((base) => new URL(base).origin);
    return new Account({
      provider,
      owner: { connectionId, userId: request.userId },
      label,
      tokens: this.tokens,
      egress: boundEgress(this.egress, name, origins),
      scrubber,
      signal: request.signal,
    });
  }

  /** With a resource, only to where its secrets may go; what has an account goes through that. */
  private egressFor(resource: ResourceAccess | undefined): Egress {
    if (!resource) return this.egress;
    const targets = this.types.get(resource.type)?.targets(resource.metadata) ?? [];
    return boundEgress(this.egress, `${resource.resourceId} (${resource.name})`, targets);
  }
}

function usedBy({ connection, resource }: Chosen): UsedCredential[] {
  const used: UsedCredential[] = [];
  if (resource) used.push({ kind: 'resource', id: makePublicId('resource', resource.resource_id) });
  if (connection) used.push({ kind: 'connection', id: makePublicId('connection', connection.connection_id) });
  return used;
}
