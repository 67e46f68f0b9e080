import { resolve } from 'node:path';
import { type Fault, fault } from '../fault-point.js';
import { isStandardWebhooksSecret } from '../webhooks/standard-webhooks.js';
import { type ClientOfProvider, clientsOf, clientVariables } from './client-variables.js';
import { type CustomProvider, customProviders } from './custom-providers.js';
import { type Retention } from '../retention/prunable.js';
import { retentionOf, retentionVariables } from './retention-variables.js';
import { type TracingSetting, tracingOf, tracingVariables } from './tracing-variables.js';
import { boolean, integer, networks, oneOf, origin, origins, secret, text, url, type Variable } from './variable.js';

/** Which work a process takes: `api` answers requests, `worker` executes runs, `all` does both. */
export type Role = 'all' | 'api' | 'worker';

/**
 * Every environment variable of Seer with its rule, default and meaning, read once at start. This table is the only
 * place that reads the environment; docs/configuration.md is written from it and a test keeps the two equal.
 */
const variables = {
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
      'Every start migrates the database, or (`off`) refuses one whose schema is older than its own: then run `npm run seer -- migrate` before.',
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

type Values = { [Name in keyof typeof variables]: ReturnType<(typeof variables)[Name]['parse']> };

/** The start was refused because of the configuration; the message has one sentence for each wrong variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Where a master key is: given itself, in a file, or in a key management service. At most one of them counts. */
export interface MasterKeySetting {
  /** Of the variable that holds the key itself; the others are named after it. */
  readonly variable: 'SEER_MASTER_KEY' | 'SEER_OLD_MASTER_KEY';
  readonly key: string | undefined;
  readonly file: string | undefined;
  readonly kms: string | undefined;
}

/** The validated configuration; injectable by this class. */
export class Environment {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  /** Whether a start brings the database to its own schema. */
  readonly migrates: boolean;
  readonly role: Role;
  readonly publicUrl: string | undefined;
  readonly frontendOrigins: readonly string[];
  readonly oauthProviders: readonly CustomProvider[];
  /** Client credentials by key of the provider. */
  readonly oauthClients: ReadonlyMap<string, ClientOfProvider>;
  readonly bootstrapApiKey: string | undefined;
  readonly masterKey: MasterKeySetting;
  /** Of `encryption rewrap`: the one until now. */
  readonly oldMasterKey: MasterKeySetting;
  readonly vault: { token: string | undefined; namespace: string | undefined };
  /** The identity provider whose JWTs are accepted, if one is configured. */
  readonly auth: { issuer: string; jwksUrl: string; audience: string } | undefined;
  /** What events of the identity provider are signed with, if it is Clerk and sends some. */
  readonly clerkWebhookSecret: string | undefined;
  /** See encryption/timing.ts. */
  readonly keyPollMs: number;
  readonly egressAllow: string;
  readonly docs: boolean;
  readonly databasePool: number;
  readonly runSlots: number;
  readonly runSlotsPerUser: number;
  readonly syncWaitSeconds: number;
  readonly retention: Retention;
  /** Where Prometheus finds the metrics; without a port nowhere but at `/metrics` of the API. */
  readonly metrics: { port: number | undefined; host: string };
  readonly tracing: TracingSetting | undefined;
  /** Undefined: as many as they like. */
  readonly runsPerUserPerDay: number | undefined;
  /** In a minute. */
  readonly requestsPerAddress: number;
  /** In a minute. */
  readonly requestsPerCredential: number;
  readonly trustedProxies: readonly string[];
  readonly logLevel: string;
  /** Of tests. */
  readonly fault: Fault | undefined;
  readonly production: boolean;

  constructor(values: Values, oauthClients: ReadonlyMap<string, ClientOfProvider> = new Map()) {
    this.oauthClients = oauthClients;
    this.frontendOrigins = values.SEER_FRONTEND_ORIGINS ?? [];
    this.oauthProviders = values.SEER_OAUTH_PROVIDERS ?? [];
    this.port = values.PORT ?? 3000;
    this.host = values.HOST ?? '127.0.0.1';
    this.databaseUrl = values.DATABASE_URL;
    this.migrates = values.SEER_MIGRATE !== 'off';
    this.dataDirectory = resolve(values.SEER_DATA_DIR ?? '.seer');
    this.role = values.SEER_ROLE ?? 'all';
    this.publicUrl = values.SEER_PUBLIC_URL;
    this.bootstrapApiKey = values.SEER_BOOTSTRAP_API_KEY;
    this.masterKey = masterKeyOf('SEER_MASTER_KEY', values, resolve(this.dataDirectory, 'master.key'));
    this.keyPollMs = values.SEER_KEY_POLL_MS ?? 2_500;
    this.oldMasterKey = masterKeyOf('SEER_OLD_MASTER_KEY', values);
    this.vault = { token: values.VAULT_TOKEN, namespace: values.VAULT_NAMESPACE };
    this.auth = authOf(values);
    this.clerkWebhookSecret = values.SEER_CLERK_WEBHOOK_SECRET;
    this.egressAllow = values.SEER_EGRESS_ALLOW ?? '';
    this.production = values.NODE_ENV === 'production';
    this.docs = values.SEER_DOCS ?? !this.production;
    this.databasePool = values.SEER_DATABASE_POOL ?? 10;
    this.runSlots = values.SEER_RUN_SLOTS ?? 100;
    this.runSlotsPerUser = values.SEER_RUN_SLOTS_PER_USER ?? Math.ceil((this.runSlots * 8) / 10);
    this.syncWaitSeconds = values.SEER_SYNC_WAIT_SECONDS ?? 60;
    this.retention = retentionOf(values);
    this.metrics = { port: values.SEER_METRICS_PORT, host: values.SEER_METRICS_HOST ?? '127.0.0.1' };
    this.tracing = tracingOf(values);
    this.runsPerUserPerDay = values.SEER_RUNS_PER_USER_PER_DAY;
    this.requestsPerAddress = values.SEER_REQUESTS_PER_ADDRESS ?? 600_000;
    this.requestsPerCredential = values.SEER_REQUESTS_PER_CREDENTIAL ?? 600_000;
    this.trustedProxies = values.SEER_TRUSTED_PROXIES ?? [];
    this.logLevel = values.LOG_LEVEL ?? 'info';
    this.fault = values.SEER_FAULT_POINT;
  }

  /** Whether this process executes runs. */
  get works(): boolean {
    return this.role !== 'api';
  }

  /** Whether the database is Seer's own embedded one: a development or single-machine installation. */
  get embedded(): boolean {
    return this.databaseUrl === undefined;
  }
}

/**
 * Reads and checks all variables.
 * @throws ConfigurationError that names every variable that is wrong, and what it should be.
 */
export function readEnvironment(source: Readonly<Record<string, string | undefined>>): Environment {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const given = source[name];
    try {
      values[name] = given === undefined || given === '' ? variable.default : variable.parse(given);
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
    }
  }
  if (values.SEER_AUTH_ISSUER && !values.SEER_AUTH_AUDIENCE) {
    problems.push(
      'SEER_AUTH_AUDIENCE must be set together with SEER_AUTH_ISSUER, else tokens meant for others would do',
    );
  }
  if (values.SEER_CLERK_WEBHOOK_SECRET) {
    if (!isStandardWebhooksSecret(values.SEER_CLERK_WEBHOOK_SECRET as string)) {
      problems.push('SEER_CLERK_WEBHOOK_SECRET must be "whsec_" and 24 to 64 bytes in base64, as Clerk shows it');
    }
    if (!values.SEER_AUTH_ISSUER) {
      problems.push('SEER_CLERK_WEBHOOK_SECRET must be set together with SEER_AUTH_ISSUER, whose users it is about');
    }
  }
  for (const name of ['SEER_MASTER_KEY', 'SEER_OLD_MASTER_KEY']) {
    if (values[name] && Buffer.from(values[name] as string, 'base64').length !== 32) {
      problems.push(`${name} must be 32 bytes in base64; make one with: openssl rand -base64 32`);
    }
    if (values[`${name}_KMS`] && (values[name] || values[`${name}_FILE`])) {
      problems.push(
        `${name}_KMS must not be set together with ${name} or ${name}_FILE: only one can be the master key`,
      );
    }
  }
  if (values.SEER_FAULT_POINT && values.NODE_ENV === 'production') {
    problems.push('SEER_FAULT_POINT must not be set when NODE_ENV is production: the process would kill itself');
  }
  const oauthClients = clientsOf(source, (problem) => problems.push(problem));
  if (problems.length > 0) throw new ConfigurationError(problems.join('\n'));
  return new Environment(values as Values, oauthClients);
}

/** The rows of docs/configuration.md. */
export function describeVariables(): { name: string; default: string; about: string }[] {
  const fixed = Object.entries(variables).map(([name, variable]) => ({
    name,
    default: variable.default === undefined ? '' : String(variable.default as string | number),
    about: variable.about,
  }));
  return [...fixed, ...clientVariables];
}

function masterKeyOf(variable: MasterKeySetting['variable'], values: Values, defaultFile?: string): MasterKeySetting {
  const kms = values[`${variable}_KMS`];
  return { variable, key: values[variable], kms, file: values[`${variable}_FILE`] ?? (kms ? undefined : defaultFile) };
}

function authOf(values: Values): Environment['auth'] {
  const { SEER_AUTH_ISSUER: issuer, SEER_AUTH_JWKS_URL: jwksUrl, SEER_AUTH_AUDIENCE: audience } = values;
  if (!issuer || !audience) return undefined;
  return { issuer, audience, jwksUrl: jwksUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json` };
}
