import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment } from '../config/environment.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

/** The database this process works with; injectable by this class. */
export abstract class Database {
  abstract readonly url: string;
  /** Its port, if it is on this machine: no workflow may reach it. */
  abstract readonly port: number;
  /** Where an embedded database keeps its files. */
  abstract readonly directory?: string;
  /** Stops an embedded database; the last thing a process does. */
  abstract close(): Promise<void>;
}

/** The database of `DATABASE_URL`, else the embedded one in the data directory, started if it isn't running. */
export async function openDatabase(environment: Environment): Promise<Database> {
  if (environment.databaseUrl) {
    const port = Number(new URL(environment.databaseUrl).port || 5432);
    return { url: environment.databaseUrl, port, close: async () => {} };
  }
  // Others may pass through but not look in: as root, the database runs as another user.
  await mkdir(environment.dataDirectory, { recursive: true, mode: 0o711 });
  const directory = join(environment.dataDirectory, 'postgres');
  const postgres = await startEmbeddedPostgres({ directory });
  return { url: postgres.url, directory, port: postgres.port, close: () => postgres.stop() };
}
