import { isStandardWebhooksSecret } from '../webhooks/standard-webhooks.js';
import { clientsOf } from './client-variables.js';
import { Environment } from './environment.js';
import { type Values, variables } from './variables.js';

/** The start was refused because of the configuration; the message has one sentence for each wrong variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads and checks all variables.
 * @throws ConfigurationError that names every variable that is wrong, and what it should be.
 */
export function readEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  const problems: string[] = [];
  const values = {} as Values;
  for (const [name, variable] of Object.entries(variables)) {
    const given = source[name];
    try {
      Object.assign(values, { [name]: given === undefined || given === '' ? variable.default : variable.parse(given) });
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
    }
  }
  requireCompany(values, (problem) => problems.push(problem));
  const oauthClients = clientsOf(source, (problem) => problems.push(problem));
  if (problems.length > 0) throw new ConfigurationError(problems.join('\n'));
  return new Environment(values, oauthClients);
}

/** What is wrong about several variables together. One that was refused by itself is undefined here. */
function requireCompany(values: Partial<Values>, report: (problem: string) => void): void {
  if (values.SEER_AUTH_ISSUER && !values.SEER_AUTH_AUDIENCE) {
    report('SEER_AUTH_AUDIENCE must be set together with SEER_AUTH_ISSUER, else tokens meant for others would do');
  }
  if (values.SEER_CLERK_WEBHOOK_SECRET) {
    if (!isStandardWebhooksSecret(values.SEER_CLERK_WEBHOOK_SECRET)) {
      report('SEER_CLERK_WEBHOOK_SECRET must be "whsec_" and 24 to 64 bytes in base64, as Clerk shows it');
    }
    if (!values.SEER_AUTH_ISSUER) {
      report('SEER_CLERK_WEBHOOK_SECRET must be set together with SEER_AUTH_ISSUER, whose users it is about');
    }
  }
  for (const name of ['SEER_MASTER_KEY', 'SEER_OLD_MASTER_KEY'] as const) {
    if (values[name] && Buffer.from(values[name], 'base64').length !== 32) {
      report(`${name} must be 32 bytes in base64; make one with: openssl rand -base64 32`);
    }
    if (values[`${name}_KMS`] && (values[name] || values[`${name}_FILE`])) {
      report(`${name}_KMS must not be set together with ${name} or ${name}_FILE: only one can be the master key`);
    }
  }
  if (values.SEER_FAULT_POINT && values.NODE_ENV === 'production') {
    report('SEER_FAULT_POINT must not be set when NODE_ENV is production: the process would kill itself');
  }
}
