import { type Environment } from '../config/environment.js';

/**
 * Connections that a process opens besides its pool of SEER_DATABASE_POOL: 4 for hot reads, 2 of the group committer, 2 of
 * jobs, and one each to hear of revoked keys, of encryption keys and of runs. A test counts them.
 */
export const CONNECTIONS_BESIDE_POOL = 11;

/** The most connections that one process opens. */
export const connectionsOfProcess = ({ databasePool }: Pick<Environment, 'databasePool'>): number =>
  databasePool + CONNECTIONS_BESIDE_POOL;
