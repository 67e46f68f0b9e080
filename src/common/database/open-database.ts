import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment } from '../config/environment.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { type Doors } from './walls/doors.js';

/** The database this process works with; injectable by this class. */
export abstract class Database {
  abstract readonly url: string;
  /** Where it listens: no workflow may reach it. An embedded one has no host: it is on this machine. */
  abstract readonly host?: string;
  abstract readonly port: number;
  /** Logins of its own for the roles of the walls; without them connections take the roles. */
  abstract readonly logins?: Doors;
  /** Where an embedded database keeps its files. */
  abstract readonly directory?: string;
  /** Stops an embedded database; the last thing a process does. */
  abstract close(): Promise<void>;
}

/** The database of `DATABASE_URL`, else the embedded one in the data directory, started if it isn't running. */
export async function openDatabase(environment: Environment): Promise<Database> {
  if (environment.databaseUrl) {
    return { url: environment.databaseUrl, ...placeOf(environment.databaseUrl), close: async () => {} };
  }
  // Others may pass through but not look in: as root, the database runs as another user.
  await mkdir(environment.dataDirectory, { recursive: true, mode: 0o711 });
  const directory = join(environment.dataDirectory, 'postgres');
  const postgres = await startEmbeddedPostgres({ directory });
  const { url, logins, port } = postgres;
  return { url, logins, directory, port, close: () => postgres.stop() };
}

/** Where a database listens, by its URL; the driver, as libpq does, prefers what its query says. */
function placeOf(databaseUrl: string): { host?: string; port: number } {
  const { hostname, port, searchParams } = new URL(databaseUrl);
  const host = searchParams.get('host') || decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1');
  return {
    ...(host && !host.startsWith('/') && { host }),
    port: Number(searchParams.get('port') || port || 5432),
  };
}
