import { type Environment } from '../config/environment.js';

/**
 * Connections that a process opens besides its pools of SEER_DATABASE_POOL: twice 4 for hot reads, 2 of the group committer, 2
 * of jobs, and one each to hear of changed access, of encryption keys and of runs. A test counts them.
 */
export const CONNECTIONS_BESIDE_POOL = 15;

/** The most connections that one process opens. Its pool has two doors (walls/doors.ts), each with as many. */
export const connectionsOfProcess = ({ databasePool }: Pick<Environment, 'databasePool'>): number =>
  2 * databasePool + CONNECTIONS_BESIDE_POOL;
