import { Client, Pool, type PoolClient, type PoolConfig } from 'pg';
import { actingOwner } from '../../http/acting-owner.js';
import { giveBackLostConnections, outliveLostConnections } from '../lost-connections.js';
import { OWNER_SETTING } from './ownership.js';
import { roles, wallsStand } from './raise-walls.js';

/** How connections log in, where it is not as the URL says; injectable by this class. */
export abstract class Doors {
  /** Those that do the work of all. */
  abstract readonly engine: PoolConfig;
  /** Those that work for one user at a time. Undefined: the roles could not be made, the code is the only wall. */
  abstract readonly api: PoolConfig | undefined;
}

/** The doors of a database: its own logins, else its roles, if they are there. */
export async function doorsOf({ url, logins }: { url: string; logins?: Doors }): Promise<Doors> {
  if (logins) return logins;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ stand: boolean }>(wallsStand);
    return rows[0]!.stand
      ? { engine: withRole(roles.engine), api: withRole(roles.api) }
      : { engine: {}, api: undefined };
  } finally {
    await client.end();
  }
}

/** A door with settings of one's own: PostgreSQL takes the last one of each name. */
export function through(door: PoolConfig, settings: string | undefined): PoolConfig {
  const options = [settings, door.options].filter(Boolean).join(' ');
  return { ...door, ...(options && { options }) };
}

const withRole = (role: string): PoolConfig => ({ options: `-c role=${role}` });

/**
 * Gives a pool of the engine a second door: what is done for a signed-in user goes through connections that see their rows
 * only, whatever statement it is (docs/decisions/0035).
 */
export function addApiDoor(pool: Pool, door: PoolConfig | undefined): void {
  if (!door) return;
  const { password, options } = pool.options as PoolConfig;
  const api = new Pool({ ...pool.options, password, ...through(door, options) } as PoolConfig);
  outliveLostConnections(api);
  giveBackLostConnections(api);
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
