import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { rolesOf } from '../walls/roles.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import {
  type Account,
  type Binaries,
  canUse,
  locateBinaries,
  reachableBinaries,
  SERVER_SURROUNDINGS,
  serverAccount,
} from './installation.js';

/** A data directory and all that is needed to run a server on it. */
export interface Cluster {
  /** Holds passwords, port, log and locks. */
  readonly directory: string;
  readonly dataDirectory: string;
  readonly binaries: Binaries;
  /** The user that the server runs as, where it is not the one that runs Seer. */
  readonly account: Account | undefined;
  readonly credentials: Credentials;
}

/** Random passwords of the two roles, kept in a file that only the user who runs Seer can read. */
export interface Credentials {
  readonly superuser: string;
  readonly application: string;
}

/** Where root puts what the server's account could not reach otherwise. */
const SHELTER = '/var/lib/seer';
/** Name of the application's role and of the database that it owns. */
const APPLICATION = 'seer';
/** Those of the walls. */
const roles = rolesOf(APPLICATION);
const SUPERUSER = 'postgres';
const MAINTENANCE_DATABASE = 'postgres';
const INITIALISATION = 'initialising-';
/** Longest path of a Unix socket: 103 bytes on macOS, 107 on Linux. */
const SOCKET_PATH_BYTES = 103;

/** Finds the data below `directory`, or initialises it. */
export async function openCluster(directory: string, log: (line: string) => void): Promise<Cluster> {
  const account = serverAccount(join(knownHome(directory), 'data'));
  const home = dataHome(directory, account);
  const dataDirectory = join(home, 'data');
  if (home !== fs.realpathSync(directory)) {
    log(`The data lies in ${home}, for ${directory} is closed to PostgreSQL's user.`);
  }
  const cluster = {
    directory,
    dataDirectory,
    account,
    binaries: reachableBinaries(locateBinaries(), account, SHELTER),
    credentials: openCredentials(directory, dataDirectory),
  };
  if (fs.existsSync(dataDirectory)) {
    refuseOtherVersion(cluster);
  } else {
    log(`Initialising PostgreSQL ${cluster.binaries.version} in ${dataDirectory}.`);
    await initialise(cluster, home);
  }
  return cluster;
}

/** Connection strings of the application's role and of the superuser, and the logins of the walls' roles. */
export function connectionStrings({ dataDirectory, credentials }: Cluster, port: number) {
  const socket = join(dataDirectory, `.s.PGSQL.${port}`);
  const byTcp = process.platform === 'win32' || Buffer.byteLength(socket) > SOCKET_PATH_BYTES;
  const server = `${byTcp ? '127.0.0.1' : encodeURIComponent(dataDirectory)}:${port}`;
  return {
    url: `postgresql://${APPLICATION}:${credentials.application}@${server}/${APPLICATION}`,
    logins: {
      engine: { user: roles.engine, password: passwordOf(roles.engine, credentials) },
      api: { user: roles.api, password: passwordOf(roles.api, credentials) },
    },
    adminUrl: `postgresql://${SUPERUSER}:${credentials.superuser}@${server}/${MAINTENANCE_DATABASE}`,
  };
}

const relocation = (directory: string) => join(directory, 'relocated');

function knownHome(directory: string): string {
  const relocated = relocation(directory);
  // A link that leads nowhere must fail, not start an empty database beside the one that is missing.
  return fs.lstatSync(relocated, { throwIfNoEntry: false }) ? fs.realpathSync(relocated) : fs.realpathSync(directory);
}

/**
 * The directory that the data lies in: `directory` itself or, where the server's account cannot enter that (a project
 * below /root), a new one in the shelter, which a link then leads to.
 */
function dataHome(directory: string, account: Account | undefined): string {
  const home = knownHome(directory);
  // The directory is ours alone: other users may enter it, yet not list it.
  if (account) fs.chmodSync(home, 0o711);
  if (canUse(account, '-x', home)) return home;
  if (fs.existsSync(join(home, 'data'))) {
    throw new EmbeddedPostgresError(
      'directory-not-usable',
      `The user ${account?.uid}, who owns the data in ${home}, cannot enter it: allow that on every directory above (chmod o+x).`,
    );
  }
  fs.mkdirSync(SHELTER, { recursive: true });
  fs.chmodSync(SHELTER, 0o711);
  const relocated = fs.mkdtempSync(join(SHELTER, 'data-'));
  fs.chmodSync(relocated, 0o711);
  fs.symlinkSync(relocated, relocation(directory));
  return relocated;
}

/** Reads the passwords, or makes them where there is no data yet; throws `credentials-missing`. */
function openCredentials(directory: string, dataDirectory: string): Credentials {
  const file = join(directory, 'credentials.json');
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as Credentials;
  if (fs.existsSync(dataDirectory)) {
    throw new EmbeddedPostgresError(
      'credentials-missing',
      `${file} is missing, and without its passwords the data in ${dataDirectory} cannot be opened: restore the file, or move the data away to start empty.`,
    );
  }
  const credentials: Credentials = { superuser: randomPassword(), application: randomPassword() };
  fs.writeFileSync(`${file}.new`, JSON.stringify(credentials), { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
  return credentials;
}

/**
 * Initialises the data directory. It is made aside and renamed when it is whole, so an initialisation that was killed
 * half way leaves nothing that looks like data.
 */
async function initialise({ dataDirectory, binaries, account, credentials }: Cluster, home: string): Promise<void> {
  removeUnfinished(home);
  const unfinished = fs.mkdtempSync(join(home, INITIALISATION));
  const passwordFile = join(unfinished, 'password');
  fs.writeFileSync(passwordFile, credentials.superuser, { mode: 0o600 });
  if (account) for (const path of [unfinished, passwordFile]) fs.chownSync(path, account.uid, account.gid);
  await runInitdb(join(unfinished, 'data'), passwordFile, binaries, account);
  fs.renameSync(join(unfinished, 'data'), dataDirectory);
  fs.rmSync(unfinished, { recursive: true });
}

async function runInitdb(data: string, passwordFile: string, binaries: Binaries, account?: Account): Promise<void> {
  const options = {
    pgdata: data,
    username: SUPERUSER,
    pwfile: passwordFile,
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    // The built-in locale sorts by code point, alike on every machine and after every upgrade of its libraries.
    locale: 'C',
    'locale-provider': 'builtin',
    'builtin-locale': 'C.UTF-8',
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  try {
    await promisify(execFile)(join(binaries.directory, 'bin', 'initdb'), [...flags, '--no-sync'], {
      ...account,
      ...SERVER_SURROUNDINGS,
    });
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string };
    throw new EmbeddedPostgresError(
      'initialisation-failed',
      `PostgreSQL could not initialise its data in ${data}: ${stderr?.trim() || message}`,
      { cause },
    );
  }
}

/** initdb of a killed process may still be writing there for a moment; it gives up once its directory is gone. */
function removeUnfinished(home: string): void {
  for (const name of fs.readdirSync(home).filter((name) => name.startsWith(INITIALISATION))) {
    fs.rmSync(join(home, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}

function refuseOtherVersion({ dataDirectory, binaries }: Cluster): void {
  const found = fs.readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim();
  const expected = binaries.version.split('.')[0];
  if (found === expected) return;
  throw new EmbeddedPostgresError(
    'wrong-version',
    `The data in ${dataDirectory} was written by PostgreSQL ${found}, this Seer brings PostgreSQL ${expected}: dump it with the Seer that wrote it and restore it into an empty directory.`,
  );
}

/** Creates the application's role and database where they are missing; rejects with pg's error if nobody answers. */
export async function ensureApplicationDatabase(cluster: Cluster, port: number): Promise<void> {
  const { adminUrl } = connectionStrings(cluster, port);
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  const password = client.escapeLiteral(cluster.credentials.application);
  // A server that dies also rejects the query in flight; without a listener it would take the process along.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists (select from pg_roles where rolname = $1) as role,
              exists (select from pg_database where datname = $1) as database`,
      [APPLICATION],
    );
    if (!rows[0]?.role) await client.query(`create role ${APPLICATION} login password ${password}`);
    for (const role of Object.values(roles)) {
      const word = client.escapeLiteral(passwordOf(role, cluster.credentials));
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
      await client.query(`${rowCount ? 'alter' : 'create'} role ${role} login password ${word}`);
      // For what reads the rights of the roles (raise-walls.ts), and for tools of the operator.
      await client.query(`grant ${role} to ${APPLICATION}`);
    }
    if (!rows[0]?.database) await client.query(`create database ${APPLICATION} owner ${APPLICATION}`);
  } finally {
    await client.end();
  }
}

/** Made of the application's own, so that the file of an older installation will do. */
function passwordOf(role: string, { application }: Credentials): string {
  return createHmac('sha256', application).update(role).digest('base64url');
}

const randomPassword = () => randomBytes(24).toString('base64url');
