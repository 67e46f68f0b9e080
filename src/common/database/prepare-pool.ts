import { Pool } from 'pg';
import { endSilentConnections, giveBackLostConnections, outliveLostConnections } from './lost-connections.js';
import { type WatchedPool, watchPool } from './pool-metrics.js';
import { addApiDoor, type Door, type Doors, entryOf, withLogin } from './walls/doors.js';

/** Where each statement takes milliseconds; commands and migrations may take their time. */
const LONGEST_SILENCE_MS = 60_000;

const connecting = {
  /** Whoever waits longer, for a new connection or for one to be free, is told that the database is not available. */
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const;

/** As the URL says: for commands, which are the operator's. */
const ownersDoor: Doors = { engine: {}, api: undefined };

/**
 * Makes of a new pool one of Seer's: it outlives what happens to its connections, its connections have their role and settings, and
 * metrics see it. Every pool of this process comes from here but the one of pg-boss.
 * @param name in metrics
 * @param doors with a second one, what is done for a signed-in user goes through that
 * @param settings of each of its sessions
 * @param silence after which a connection that somebody waits for is taken for lost, in milliseconds
 */
export function preparePool(
  pool: Pool,
  {
    name,
    doors = ownersDoor,
    settings,
    silence = doors === ownersDoor ? 0 : LONGEST_SILENCE_MS,
  }: { name: WatchedPool; doors?: Doors; settings?: Record<string, string>; silence?: number },
): Pool {
  const api = doors.api && openWith(new Pool(optionsOf(pool)), doors.api, silence, settings);
  openWith(pool, doors.engine, silence, settings);
  watchPool(name, pool);
  if (api) addApiDoor(pool, api);
  return pool;
}

function openWith(pool: Pool, door: Door, silence: number, settings?: Record<string, string>): Pool {
  outliveLostConnections(pool);
  giveBackLostConnections(pool);
  if (silence > 0) endSilentConnections(pool, silence);
  const entry = entryOf(door, settings);
  Object.assign(pool.options, connecting, withLogin(door, optionsOf(pool)));
  // A connection for which this fails is not given out.
  if (entry) pool.options.onConnect = (client) => client.query(entry) as Promise<unknown> as unknown as void;
  return pool;
}

/** The pool hides its password from copies. */
const optionsOf = ({ options }: Pool) => ({ ...options, password: options.password });
