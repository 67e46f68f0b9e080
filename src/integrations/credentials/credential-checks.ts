import { Inject, Injectable } from '@nestjs/common';
import { makePublicId } from '../../common/public-id.js';
import { ProviderRegistry } from '../../oauth/index.js';
import { CredentialError } from '../integrations.errors.js';
import { RESOURCE_TYPES, type ResourceTypeCatalogue } from '../resource-types/catalogue.js';
import { CredentialChoice, type Chosen, type CredentialUse } from './credential-choice.js';

/** What a node would meet if it ran now. */
export interface CredentialFinding {
  /** `connection-needs-reauth` may be mended before the run, all others keep the node from running. */
  readonly code: CredentialError['code'] | 'connection-needs-reauth';
  readonly message: string;
  readonly field: 'connection' | 'resource';
}

/** What a node would work with if it ran now. Ids are public. */
export interface CredentialCheck {
  /** What is wrong; undefined: nothing. */
  readonly finding?: CredentialFinding | undefined;
  readonly connection?: string | undefined;
  readonly resource?: string | undefined;
  /** Where its credentials would be sent. */
  readonly hosts: readonly string[];
}

/** Looks whether nodes would get what they work with, without opening anything. */
@Injectable()
export class CredentialChecks {
  constructor(
    private readonly choice: CredentialChoice,
    private readonly providers: ProviderRegistry,
    @Inject(RESOURCE_TYPES) private readonly types: ResourceTypeCatalogue,
  ) {}

  async check(userId: string, use: CredentialUse): Promise<CredentialCheck> {
    try {
      const chosen = await this.choice.choose(userId, use);
      const { connection, resource } = chosen;
      return {
        finding: unhealthy(chosen),
        connection: connection && makePublicId('connection', connection.connection_id),
        resource: resource && makePublicId('resource', resource.resource_id),
        hosts: this.hostsOf(chosen),
      };
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      const { code, message, field } = error;
      return { finding: { code, message, field }, hosts: [] };
    }
  }

  private hostsOf({ connection, resource }: Chosen): string[] {
    const targets = resource ? (this.types.get(resource.resource_type)?.targets(resource.metadata) ?? []) : [];
    const apis = connection ? Object.values(this.providers.get(connection.provider).apis ?? {}) : [];
    // What is no URL is `host:port` already.
    return [...targets, ...apis].map((target) => URL.parse(target)?.host || target);
  }
}

function unhealthy({ connection }: Chosen): CredentialFinding | undefined {
  if (!connection || connection.status === 'healthy') return undefined;
  const name = `${makePublicId('connection', connection.connection_id)} (${connection.account_label})`;
  const message = `${name} must be connected again before the node can run.`;
  return { code: 'connection-needs-reauth', message, field: 'connection' };
}
