import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, connectionStrings, ensureApplicationDatabase, openCluster } from './embedded/cluster.js';
import { type Doors } from './walls/doors.js';
import { EmbeddedPostgresError } from './embedded/embedded-postgres.error.js';
import { findRunningServer, freePort, launchServer, type RunningServer, stopServer } from './embedded/server.js';

/**
 * A PostgreSQL server of our own, started from the binaries that npm installed. It runs detached: it outlives a Seer
 * that was killed, and the next start adopts it. Connections go through a Unix socket in the data directory, a fifth
 * to a third faster than TCP, or through 127.0.0.1 where the path is too long for a socket or on Windows.
 */
export interface EmbeddedPostgres {
  /** Connection string of the application's role, not a superuser, to the database that it owns. */
  readonly url: string;
  /** How the roles of the walls log in (walls/raise-walls.ts). */
  readonly logins: Doors;
  /** Connection string of the superuser to the maintenance database `postgres`; for tests and backups. */
  readonly adminUrl: string;
  /** TCP port on 127.0.0.1: random at first, then the same at every start as long as it is free. */
  readonly port: number;
  readonly dataDirectory: string;
  /** Whether the server ran already; `settings` then had no effect. */
  readonly adopted: boolean;
  /**
   * Shuts the server down and waits until it is gone. Does nothing while another living process owns the server: the
   * owner is whoever started it or, once that process is dead, the first one that came after it.
   */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /**
   * Created if missing; holds data, passwords, log and locks, and nothing else may lie there. As root in a place that
   * an unprivileged user cannot enter, the data goes to a new directory in /var/lib/seer; `relocated` links to it.
   */
  directory: string;
  /** PostgreSQL settings on top of the defaults, for example `{ fsync: 'off' }`. */
  settings?: Record<string, string>;
  /** Receives one line per thing worth knowing. */
  log?: (line: string) => void;
}

/** Long enough for the recovery of a large database after a crash. */
const START_TIMEOUT_MILLISECONDS = 120_000;
const RETRY_MILLISECONDS = 50;
const SQLITE_BUSY = 5;

/** What ends by itself: a port just taken, the remains of a killed server, a server that starts, stops or recovers. */
const PASSING = new Set(['port-in-use', 'directory-busy', '57P01', '57P02', '57P03', 'ECONNREFUSED', 'ECONNRESET']);

/**
 * Starts the embedded PostgreSQL in `directory`, or adopts the one that runs there. Any number of processes may call
 * this at once. Throws {@link EmbeddedPostgresError}.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return await whileLocked(directory, () => startLocked(directory, options));
  } catch (error) {
    throw explained(error, directory);
  }
}

async function startLocked(directory: string, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { settings = {}, log = () => {} } = options;
  let giveUpOwnership = tryLock(join(directory, 'owner.lock'));
  try {
    const cluster = await openCluster(directory, log);
    const { server, adopted } = await runServer(cluster, settings);
    writeFileSync(portFile(directory), String(server.port));
    log(`PostgreSQL ${adopted ? 'already runs' : 'started'} on ${cluster.dataDirectory}, port ${server.port}.`);

    const stop = () =>
      whileLocked(directory, async () => {
        giveUpOwnership ??= tryLock(join(directory, 'owner.lock'));
        if (!giveUpOwnership) return;
        await stopServer(cluster);
        giveUpOwnership();
      });
    let stopping: Promise<void> | undefined;
    return {
      ...connectionStrings(cluster, server.port),
      port: server.port,
      dataDirectory: cluster.dataDirectory,
      adopted,
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    giveUpOwnership?.();
    throw error;
  }
}

async function runServer(
  cluster: Cluster,
  settings: Record<string, string>,
): Promise<{ server: RunningServer; adopted: boolean }> {
  const deadline = Date.now() + START_TIMEOUT_MILLISECONDS;
  let port = rememberedPort(cluster.directory) ?? (await freePort());
  let launched = false;
  for (;;) {
    try {
      let server = await findRunningServer(cluster.dataDirectory, deadline);
      if (!server) {
        server = await launchServer(cluster, { port, settings, deadline });
        launched = true;
      }
      // A file can claim that a server runs; only a connection with our password proves that it is ours.
      await ensureApplicationDatabase(cluster, server.port);
      return { server, adopted: !launched };
    } catch (error) {
      const { code } = error as { code?: string };
      if (!PASSING.has(code ?? '') || Date.now() > deadline) {
        if (launched) await stopServer(cluster);
        throw error;
      }
      if (code === 'port-in-use') port = await freePort();
      else await delay(RETRY_MILLISECONDS);
    }
  }
}

const portFile = (directory: string) => join(directory, 'port');

function rememberedPort(directory: string): number | undefined {
  const file = portFile(directory);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) || undefined : undefined;
}

/** Runs `action` while no other process starts or stops the server of this directory. */
async function whileLocked<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const file = join(directory, 'start.lock');
  const deadline = Date.now() + START_TIMEOUT_MILLISECONDS;
  let unlock = tryLock(file);
  while (!unlock) {
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        'directory-busy',
        `Another process has been starting or stopping the PostgreSQL of ${directory} for ${START_TIMEOUT_MILLISECONDS} ms.`,
      );
    }
    await delay(RETRY_MILLISECONDS);
    unlock = tryLock(file);
  }
  try {
    return await action();
  } finally {
    unlock();
  }
}

/** Locks that are held; a lock that nothing refers to would be garbage-collected and so given up. */
const held = new Set<DatabaseSync>();

/**
 * Locks the file and returns the function that unlocks it, or undefined while another holder lives. Node cannot lock
 * files, SQLite can, and the operating system gives up the locks of a process that dies, however it dies: no pid in a
 * file that may since belong to another process. Nothing else may open the file, closing it would undo the lock.
 */
function tryLock(file: string): (() => void) | undefined {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(lock);
  return () => {
    if (held.delete(lock)) lock.close();
  };
}

function explained(error: unknown, directory: string): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (error instanceof EmbeddedPostgresError) return error;
  if (code === '28P01') {
    const reason = `The PostgreSQL server of ${directory} refuses the password in ${join(directory, 'credentials.json')}`;
    return new EmbeddedPostgresError('credentials-refused', `${reason}: restore that file.`, { cause: error });
  }
  if (code !== 'ERR_SQLITE_ERROR' && (error as NodeJS.ErrnoException).syscall === undefined) return error;
  return new EmbeddedPostgresError(
    'directory-not-usable',
    `The embedded PostgreSQL cannot keep its files in ${directory}: ${message}.`,
    { cause: error },
  );
}
