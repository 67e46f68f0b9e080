import { fault } from '../fault-point.js';
import { clientVariables } from './client-variables.js';
import { customProviders } from './custom-providers.js';
import { retentionVariables } from './retention-variables.js';
import { tracingVariables } from './tracing-variables.js';
import {
  boolean,
  integer,
  networks,
  oneOf,
  origin,
  origins,
  secret,
  text,
  url,
  type ValuesOf,
  type Variable,
} from './variable.js';

/**
 * Every environment variable of Seer with its rule, default and meaning, read once at start. This table is the only
 * place that reads the environment; docs/configuration.md is written from it and a test keeps the two equal.
 */
export const variables = {
  PORT: integer({ default: 3000, min: 0, max: 65535, about: 'TCP port of the HTTP server; 0 takes a free one.' }),
  HOST: text({ default: '127.0.0.1', about: 'Address the HTTP server listens on; `0.0.0.0` for all interfaces.' }),
  DATABASE_URL: url({
    protocols: ['postgres:', 'postgresql:'],
    about: 'A PostgreSQL (15 or later) to use; without it Seer starts an embedded one in the data directory.',
  }),
  SEER_MIGRATE: oneOf({
    values: ['start', 'off'],
    default: 'start',
    about:
      'Every start migrates the database, or (`off`) refuses one whose schema is older than its own: then run `npm run -s seer -- migrate` before.',
  }),
  SEER_DATA_DIR: text({ default: '.seer', about: 'Directory of the embedded database, the key file and the logs.' }),
  SEER_ROLE: oneOf({
    values: ['all', 'api', 'worker'],
    default: 'all',
    about: '`api` answers requests, `worker` executes runs, `all` does both.',
  }),
  SEER_PUBLIC_URL: origin({
    about: 'Address at which browsers and providers reach Seer; default is the listening one.',
  }),
  SEER_TRUSTED_PROXIES: networks({
    about:
      'Proxies whose `X-Forwarded-For` is believed, comma separated: addresses, networks, `loopback`, `uniquelocal`. ' +
      'Without it every client behind a proxy has the address of the proxy.',
  }),
  SEER_FRONTEND_ORIGINS: origins({
    about: 'Origins that browsers may be sent to after an account was connected, comma separated.',
  }),
  SEER_OAUTH_PROVIDERS: customProviders({
    about:
      'Further OpenID Connect issuers that people may connect accounts of: a JSON array, see docs/oauth-providers.md.',
  }),
  SEER_BOOTSTRAP_API_KEY: secret({
    min: 32,
    about: 'A given first admin API key (at least 32 characters), for automation; else one is made and printed once.',
  }),
  SEER_MASTER_KEY: secret({ min: 44, about: '32 bytes in base64: the master key that wraps the data keys.' }),
  SEER_MASTER_KEY_FILE: text({ about: 'File that holds the master key; default `<data directory>/master.key`.' }),
  SEER_MASTER_KEY_KMS: text({
    about:
      'Master key in a key management service, in place of the two above: `aws-kms://<key ARN>`, ' +
      '`gcp-kms://projects/…/cryptoKeys/…` or `vault-transit://<host>/<mount>/<key>` (docs/encryption.md).',
  }),
  SEER_OLD_MASTER_KEY: secret({
    min: 44,
    about: 'For `encryption rewrap` only: the master key until now. Likewise the next two.',
  }),
  SEER_OLD_MASTER_KEY_FILE: text({ about: 'For `encryption rewrap` only: the file that holds it.' }),
  SEER_OLD_MASTER_KEY_KMS: text({ about: 'For `encryption rewrap` only: the key management service that holds it.' }),
  VAULT_TOKEN: secret({
    min: 1,
    about: 'Token for `vault-transit://`; none is needed behind a Vault Proxy that signs in by itself.',
  }),
  VAULT_NAMESPACE: text({ about: 'Namespace for `vault-transit://`, in Vault Enterprise and HCP.' }),
  SEER_KEY_POLL_MS: integer({
    default: 2_500,
    min: 100,
    max: 60_000,
    about:
      'How often each process looks for changed data keys, in milliseconds; the same in all. A rotation settles for four times that.',
  }),
  SEER_AUTH_ISSUER: url({ protocols: ['https:', 'http:'], about: 'OIDC issuer whose JWTs are accepted.' }),
  SEER_AUTH_JWKS_URL: url({
    protocols: ['https:', 'http:'],
    about: 'Where the issuer publishes its keys; default is `<issuer>/.well-known/jwks.json`.',
  }),
  SEER_AUTH_AUDIENCE: text({ about: 'Audience that a JWT must name; needed with SEER_AUTH_ISSUER.' }),
  SEER_CLERK_WEBHOOK_SECRET: secret({
    min: 38,
    about:
      'Signing secret (`whsec_…`) of the endpoint `<address of Seer>/v1/webhooks/clerk` in the dashboard of Clerk, where that is the issuer.',
  }),
  SEER_EGRESS_ALLOW: text({
    default: '',
    about: 'Private targets that workflows may reach, comma separated: `10.1.0.0/16,db.internal:5432`.',
  }),
  SEER_DOCS: boolean({ about: 'Serve Swagger UI and the OpenAPI document; default: yes, unless NODE_ENV=production.' }),
  SEER_DATABASE_POOL: integer({ default: 10, min: 2, max: 500, about: 'Database connections for requests.' }),
  SEER_RUN_SLOTS: integer({ default: 100, min: 1, max: 10_000, about: 'Runs that one process executes at a time.' }),
  SEER_RUN_SLOTS_PER_USER: integer({
    min: 1,
    max: 10_000,
    about: 'How many of these one user may have; default is 80 % of SEER_RUN_SLOTS, rounded up.',
  }),
  SEER_RUNS_PER_USER_PER_DAY: integer({
    min: 1,
    max: 10_000_000,
    about:
      'Runs that one user may start within 24 hours, by hand, by triggers and by forks, deleted ones too; without it there is no limit.',
  }),
  SEER_REQUESTS_PER_ADDRESS: integer({
    default: 600_000,
    min: 1,
    max: 100_000_000,
    about: 'Requests that one client address may make in a minute, in each process; more are answered with 429.',
  }),
  SEER_REQUESTS_PER_CREDENTIAL: integer({
    default: 600_000,
    min: 1,
    max: 100_000_000,
    about: 'The same for all API keys of one user together, and for all their tokens together.',
  }),
  SEER_SYNC_WAIT_SECONDS: integer({
    default: 60,
    min: 1,
    max: 3600,
    about: 'How long `mode=sync` waits for the end of a run before it answers 202.',
  }),
  ...retentionVariables,
  SEER_METRICS_PORT: integer({
    min: 0,
    max: 65535,
    about: 'TCP port of `GET /metrics` for Prometheus, without credentials, in every role; without it there is none.',
  }),
  SEER_METRICS_HOST: text({ default: '127.0.0.1', about: 'Address that port listens on.' }),
  ...tracingVariables,
  LOG_LEVEL: oneOf({
    values: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
    about: 'Least severe log level that is written.',
  }),
  SEER_FAULT_POINT: fault({
    about: 'For tests: the process kills itself there, such as `before-effect:3`; refused in production.',
  }),
  NODE_ENV: text({ default: 'development', about: '`production` turns docs off unless SEER_DOCS=true.' }),
} satisfies Record<string, Variable<unknown>>;

/** What the environment says, once it has been checked. A variable with a default is never undefined. */
export type Values = ValuesOf<typeof variables>;

/** The rows of docs/configuration.md. */
export function describeVariables(): { name: string; default: string; about: string }[] {
  const fixed = Object.entries(variables).map(([name, variable]) => ({
    name,
    default: variable.default === undefined ? '' : String(variable.default as string | number),
    about: variable.about,
  }));
  return [...fixed, ...clientVariables];
}
