import { resolve } from 'node:path';
import { type Fault } from '../fault-point.js';
import { type Retention } from '../retention/prunable.js';
import { type ClientOfProvider } from './client-variables.js';
import { type CustomProvider } from './custom-providers.js';
import { retentionOf } from './retention-variables.js';
import { type TracingSetting, tracingOf } from './tracing-variables.js';
import { type Values } from './variables.js';

/**
 * Which work a process takes: `api` answers requests, `worker` executes runs, `all` does both. No variable makes an
 * `observer`: it is a command that looks at everything and changes nothing.
 */
export type Role = 'all' | 'api' | 'worker' | 'observer';

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

  constructor(values: Values, oauthClients: ReadonlyMap<string, ClientOfProvider>) {
    this.oauthClients = oauthClients;
    this.frontendOrigins = values.SEER_FRONTEND_ORIGINS;
    this.oauthProviders = values.SEER_OAUTH_PROVIDERS;
    this.port = values.PORT;
    this.host = values.HOST;
    this.databaseUrl = values.DATABASE_URL;
    this.migrates = values.SEER_MIGRATE === 'start';
    this.dataDirectory = resolve(values.SEER_DATA_DIR);
    this.role = values.SEER_ROLE;
    this.publicUrl = values.SEER_PUBLIC_URL;
    this.bootstrapApiKey = values.SEER_BOOTSTRAP_API_KEY;
    this.masterKey = masterKeyOf('SEER_MASTER_KEY', values, resolve(this.dataDirectory, 'master.key'));
    this.keyPollMs = values.SEER_KEY_POLL_MS;
    this.oldMasterKey = masterKeyOf('SEER_OLD_MASTER_KEY', values);
    this.vault = { token: values.VAULT_TOKEN, namespace: values.VAULT_NAMESPACE };
    this.auth = authOf(values);
    this.clerkWebhookSecret = values.SEER_CLERK_WEBHOOK_SECRET;
    this.egressAllow = values.SEER_EGRESS_ALLOW;
    this.production = values.NODE_ENV === 'production';
    this.docs = values.SEER_DOCS ?? !this.production;
    this.databasePool = values.SEER_DATABASE_POOL;
    this.runSlots = values.SEER_RUN_SLOTS;
    this.runSlotsPerUser = values.SEER_RUN_SLOTS_PER_USER ?? Math.ceil((this.runSlots * 8) / 10);
    this.syncWaitSeconds = values.SEER_SYNC_WAIT_SECONDS;
    this.retention = retentionOf(values);
    this.metrics = { port: values.SEER_METRICS_PORT, host: values.SEER_METRICS_HOST };
    this.tracing = tracingOf(values);
    this.runsPerUserPerDay = values.SEER_RUNS_PER_USER_PER_DAY;
    this.requestsPerAddress = values.SEER_REQUESTS_PER_ADDRESS;
    this.requestsPerCredential = values.SEER_REQUESTS_PER_CREDENTIAL;
    this.trustedProxies = values.SEER_TRUSTED_PROXIES;
    this.logLevel = values.LOG_LEVEL;
    this.fault = values.SEER_FAULT_POINT;
  }

  /** The same configuration for a process that looks on: it takes no work, listens nowhere, and writes nothing. */
  forObserver(): Environment {
    return Object.assign(Object.create(Environment.prototype) as Environment, this, {
      role: 'observer',
      migrates: false,
    } satisfies Partial<Environment>);
  }

  /** Whether this process executes runs, and does all else that is done without a request. */
  get executesRuns(): boolean {
    return this.role === 'all' || this.role === 'worker';
  }

  /** Whether this process may neither write nor listen: `seer doctor`. */
  get isObserver(): boolean {
    return this.role === 'observer';
  }

  /** Whether the database is Seer's own embedded one: a development or single-machine installation. */
  get embedded(): boolean {
    return this.databaseUrl === undefined;
  }
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
