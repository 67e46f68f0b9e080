import { type Socket } from 'node:net';
import { type Pool, type PoolClient } from 'pg';

/**
 * Keeps the process alive when the database ends connections. The driver tells of it by an `error` event as well, and nobody
 * listens to it while somebody has the connection; an `error` without a listener ends a process. Whoever uses the connection
 * is told by their statement.
 */
export function outliveLostConnections(pool: Pool): void {
  const ignore = (): void => {};
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
}

/** Whoever had the connection has given it back by then, if they ever do. */
const PATIENCE_MS = 1_000;

/**
 * Gives connections back to the pool that Kysely does not. It gives one back when its rollback is done, which on a broken
 * connection never is: each would take a place in the pool for ever. And one that has only just been made when the pool is
 * ending is taken from the pool, and let go of with an error (a TypeError of its own): the pool would never end.
 */
export function giveBackLostConnections(pool: Pool): void {
  const taken = takenFrom(pool);
  const giveBackLater = (client: PoolClient) =>
    setTimeout(() => taken.has(client) && client.release(true), PATIENCE_MS);
  pool.on('connect', (client) => {
    if (pool.ending) giveBackLater(client);
    // Most are ended by the pool itself.
    client.once('end', () => taken.has(client) && giveBackLater(client));
  });
}

/**
 * Ends connections on which somebody waits and nothing is heard. A network that forgets a connection, or a host that loses its
 * power, tells nobody: the answer would be waited for for ever, and all that is done one at a time would stand still.
 * @param silence in milliseconds: longer than any statement takes, and than a transaction waits for something else
 */
export function endSilentConnections(pool: Pool, silence: number): void {
  const taken = takenFrom(pool);
  pool.on('connect', (client) => {
    const stream = client.connection.stream as Socket;
    stream.setTimeout(silence, () => taken.has(client) && stream.destroy());
  });
}

/** The connections that somebody has, at each moment. */
function takenFrom(pool: Pool): ReadonlySet<PoolClient> {
  const taken = new Set<PoolClient>();
  pool.on('acquire', (client) => taken.add(client));
  pool.on('release', (_error, client) => taken.delete(client));
  return taken;
}
