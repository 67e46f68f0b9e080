import { Pool } from 'pg';
import { giveBackLostConnections, outliveLostConnections } from './lost-connections.js';
import { type WatchedPool, watchPool } from './pool-metrics.js';
import { addApiDoor, type Door, type Doors, entryOf, withLogin } from './walls/doors.js';

/** As the URL says: for commands, which are the operator's. */
const ownersDoor: Doors = { engine: {}, api: undefined };

/**
 * Makes of a new pool one of Seer's: it outlives what happens to its connections, its connections have their role and settings, and
 * metrics see it. Every pool of this process comes from here but the one of pg-boss.
 * @param name in metrics
 * @param doors with a second one, what is done for a signed-in user goes through that
 * @param settings of each of its sessions
 */
export function preparePool(
  pool: Pool,
  { name, doors = ownersDoor, settings }: { name: WatchedPool; doors?: Doors; settings?: Record<string, string> },
): Pool {
  const api = doors.api && openWith(new Pool(optionsOf(pool)), doors.api, settings);
  openWith(pool, doors.engine, settings);
  watchPool(name, pool);
  if (api) addApiDoor(pool, api);
  return pool;
}

function openWith(pool: Pool, door: Door, settings?: Record<string, string>): Pool {
  outliveLostConnections(pool);
  giveBackLostConnections(pool);
  const entry = entryOf(door, settings);
  Object.assign(pool.options, withLogin(door, optionsOf(pool)));
  // A connection for which this fails is not given out.
  if (entry) pool.options.onConnect = (client) => client.query(entry) as Promise<unknown> as unknown as void;
  return pool;
}

/** The pool hides its password from copies. */
const optionsOf = ({ options }: Pool) => ({ ...options, password: options.password });
