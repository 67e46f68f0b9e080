import { type Pool, type PoolClient } from 'pg';

/** Whoever had the connection has seen by then that it is gone, and has given it back if they ever do. */
const PATIENCE_MS = 1_000;

/**
 * Gives connections back to the pool that broke in the middle of a transaction. Kysely gives one back when its rollback is
 * done, which on a broken connection never is: each would take a place in the pool for ever.
 */
export function giveBackLostConnections(pool: Pool): void {
  const taken = new Set<PoolClient>();
  pool.on('acquire', (client) => taken.add(client));
  pool.on('release', (_error, client) => taken.delete(client));
  pool.on('connect', (client) => {
    client.once('end', () => {
      setTimeout(() => {
        if (taken.has(client)) client.release(true);
      }, PATIENCE_MS);
    });
  });
}
