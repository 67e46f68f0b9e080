import {
  Client,
  type ClientBase,
  escapeIdentifier,
  escapeLiteral,
  type Pool,
  type PoolClient,
  type PoolConfig,
} from 'pg';
import { actingOwner } from '../../http/acting-owner.js';
import { OperatorError } from '../../operator.error.js';
import { withClient } from '../schema-state.js';
import { OWNER_SETTING } from './ownership.js';
import { type Owner, ownerOfTables, rolesOf, wallsStand } from './roles.js';

/** How a connection becomes one of a role. With nothing it stays whoever the URL says. */
export interface Door {
  /** It logs in as this one, in place of the URL's. */
  readonly user?: string;
  readonly password?: string;
  /** It takes this role once it is open. */
  readonly role?: string;
}

/** The doors of a database; injectable by this class. */
export abstract class Doors {
  /** For what is the work of all. */
  abstract readonly engine: Door;
  /** For what is done for one user at a time. Undefined: the roles could not be made, the code is the only wall. */
  abstract readonly api: Door | undefined;
}

/**
 * The doors of a database: its own logins, else its roles, if they are there.
 * @throws OperatorError when connections share their sessions
 */
export async function doorsOf({ url, logins }: { url: string; logins?: Doors }): Promise<Doors> {
  if (logins) return logins;
  return withClient(url, async (client) => {
    await withClient(url, (other) => refuseSharedSession(client, other));
    const owner = (await client.query<Owner>(ownerOfTables)).rows[0];
    const stand = owner && (await client.query<{ stand: boolean }>(wallsStand(owner))).rows[0]!.stand;
    if (!stand) return { engine: {}, api: undefined };
    const roles = rolesOf(owner.name);
    return { engine: { role: roles.engine }, api: { role: roles.api } };
  });
}

/** A pooler that gives sessions out for a transaction only gives those of one user to another, role and user included. */
async function refuseSharedSession(...clients: [ClientBase, ClientBase]): Promise<void> {
  const pids = new Set<number>();
  for (const client of clients) {
    pids.add((await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid);
  }
  if (pids.size === clients.length) return;
  throw new OperatorError(
    'Connections of DATABASE_URL share one session: a pooler gives it out by transaction or statement. Let it do so by session ' +
      '(PgBouncer: pool_mode = session), or connect directly.',
  );
}

/** Who somebody is that comes in through a door. @param url of the database */
export async function identityThrough(door: Door, url: string): Promise<string> {
  const client = new Client({ ...withLogin(door, { connectionString: url }), connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const entry = entryOf(door);
    if (entry) await client.query(entry);
    return (await client.query<{ name: string }>('select current_user as name')).rows[0]!.name;
  } finally {
    await client.end();
  }
}

/** How it logs in. A URL comes before all else, so its user is replaced. */
export function withLogin({ user, password }: Door, { connectionString, ...config }: PoolConfig): PoolConfig {
  if (user === undefined) return { connectionString, ...config };
  if (connectionString === undefined) return { ...config, user, password };
  return { ...config, connectionString: Object.assign(new URL(connectionString), { username: user, password }).href };
}

/**
 * The statement with which a connection begins, if there is one. Not the startup parameter `options`: poolers drop that, or refuse it.
 * @param settings further ones of the session
 */
export function entryOf({ role }: Door, settings: Readonly<Record<string, string>> = {}): string | undefined {
  const parts = Object.entries(settings).map(([name, value]) => `set ${name} = ${escapeLiteral(value)}`);
  if (role) parts.unshift(`set role ${escapeIdentifier(role)}`);
  return parts.join('; ') || undefined;
}

/**
 * Gives a pool of the engine a second door: what is done for a signed-in user goes through connections that see their rows
 * only, whatever statement it is (docs/decisions/0035).
 * @param api the pool of those
 */
export function addApiDoor(pool: Pool, api: Pool): void {
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
  const end = pool.end.bind(pool) as () => Promise<void>;
  pool.connect = async (): Promise<PoolClient> => {
    const owner = actingOwner();
    return owner === undefined ? connect() : becoming(owner, await api.connect());
  };
  pool.end = async (): Promise<void> => {
    await Promise.all([api.end(), end()]);
  };
}

/** For whom a connection worked last. */
const owners = new WeakMap<PoolClient, string>();

/** Most often it is the same user again, and there is nothing to tell the database. */
async function becoming(owner: string, client: PoolClient): Promise<PoolClient> {
  if (owners.get(client) === owner) return client;
  try {
    await client.query('select set_config($1, $2, false)', [OWNER_SETTING, owner]);
  } catch (error) {
    client.release(true);
    throw error;
  }
  owners.set(client, owner);
  return client;
}
