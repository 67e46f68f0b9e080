import { Injectable } from '@nestjs/common';
import { makePublicId } from '../../common/public-id.js';
import { CredentialError } from '../integrations.errors.js';
import { CredentialChoice, type Chosen, type CredentialUse } from './credential-choice.js';

/** What a node would meet if it ran now. */
export interface CredentialFinding {
  /** `connection-needs-reauth` may be mended before the run, all others keep the node from running. */
  readonly code: CredentialError['code'] | 'connection-needs-reauth';
  readonly message: string;
  readonly field: 'connection' | 'resource';
}

/** Looks whether nodes would get what they work with, without opening anything. */
@Injectable()
export class CredentialChecks {
  constructor(private readonly choice: CredentialChoice) {}

  /** @returns what is wrong; undefined: nothing */
  async check(userId: string, use: CredentialUse): Promise<CredentialFinding | undefined> {
    try {
      return unhealthy(await this.choice.choose(userId, use));
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      const { code, message, field } = error;
      return { code, message, field };
    }
  }
}

function unhealthy({ connection }: Chosen): CredentialFinding | undefined {
  if (!connection || connection.status === 'healthy') return undefined;
  const name = `${makePublicId('connection', connection.connection_id)} (${connection.account_label})`;
  const message = `${name} must be connected again before the node can run.`;
  return { code: 'connection-needs-reauth', message, field: 'connection' };
}
