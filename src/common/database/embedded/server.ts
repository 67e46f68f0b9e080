import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { SERVER_SURROUNDINGS } from './installation.js';

/** A server that listens, as its `postmaster.pid` describes it. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** What one attempt to start a server adds to the cluster. */
export interface Launch {
  readonly port: number;
  /** PostgreSQL settings on top of the defaults. */
  readonly settings: Record<string, string>;
  /** Milliseconds since the epoch at which waiting ends with `start-timeout`. */
  readonly deadline: number;
}

/** Settings of a server that starts; those of the `Launch` come on top. */
const DEFAULT_SETTINGS = {
  max_connections: '100',
  shared_buffers: '256MB',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Seer reports a failed statement itself; here it would repeat users' data and let the log grow without bound.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

const POLL_MILLISECONDS = 10;
const STOP_TIMEOUT_MILLISECONDS = 60_000;
const LOG_BYTES = 8 * 1024 * 1024;

/** Waits while a server of this data directory starts or stops, then says which one is running, if any. */
export async function findRunningServer(dataDirectory: string, deadline: number): Promise<RunningServer | undefined> {
  for (;;) {
    const server = readPostmasterFile(dataDirectory);
    if (!server || !isServerOf(dataDirectory, server.pid)) return undefined;
    if (server.ready) return server;
    if (Date.now() > deadline) {
      throw timeout('start-timeout', `start or stop in time; its pid is ${server.pid}`, dataDirectory);
    }
    await delay(POLL_MILLISECONDS);
  }
}

/**
 * Starts `postgres` in a session of its own: Ctrl-C in the terminal reaches Seer alone, which first drains and then
 * stops its database. Throws `port-in-use`, `directory-busy` (processes of a killed server linger) or `start-failed`.
 */
export async function launchServer(cluster: Cluster, launch: Launch): Promise<RunningServer> {
  const { dataDirectory } = cluster;
  removeRemains(dataDirectory);
  const log = openLog(join(cluster.directory, 'server.log'));
  const child = spawnPostgres(cluster, launch, log.descriptor);
  const failure = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  child.unref();
  for (;;) {
    const server = readPostmasterFile(dataDirectory);
    if (server?.ready && server.pid === child.pid) return server;
    const reason = await Promise.race([failure, delay(POLL_MILLISECONDS)]);
    if (reason !== undefined) throw startFailure(launch.port, dataDirectory, reason, log);
    if (Date.now() > launch.deadline) {
      throw timeout('start-timeout', `become ready in time; see ${log.file}`, dataDirectory);
    }
  }
}

/** Fast shutdown: open transactions are rolled back, everything is flushed. Resolves when the server is gone. */
export async function stopServer({ dataDirectory, binaries }: Cluster): Promise<void> {
  const server = readPostmasterFile(dataDirectory);
  if (!server || !isServerOf(dataDirectory, server.pid)) return;
  // On Windows, `process.kill` would end the process on the spot; pg_ctl knows PostgreSQL's own signals there.
  if (process.platform !== 'win32') process.kill(server.pid, 'SIGINT');
  else execFileSync(join(binaries.directory, 'bin', 'pg_ctl'), ['kill', 'INT', String(server.pid)]);

  const deadline = Date.now() + STOP_TIMEOUT_MILLISECONDS;
  // The pid file goes last, after the final checkpoint.
  while (readPostmasterFile(dataDirectory) && isServerOf(dataDirectory, server.pid)) {
    if (Date.now() > deadline) {
      throw timeout('stop-timeout', `stop in time; its pid is ${server.pid}`, dataDirectory);
    }
    await delay(POLL_MILLISECONDS);
  }
}

/** A TCP port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function spawnPostgres(cluster: Cluster, launch: Launch, log: number): ChildProcess {
  const settings = {
    ...DEFAULT_SETTINGS,
    ...launch.settings,
    listen_addresses: '127.0.0.1',
    port: String(launch.port),
    // A server works in its data directory: the socket lies there, closed to other users and to cleaners of /tmp.
    unix_socket_directories: process.platform === 'win32' ? '' : '.',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const program = join(cluster.binaries.directory, 'bin', 'postgres');
  try {
    return spawn(program, ['-D', cluster.dataDirectory, ...options], {
      ...cluster.account,
      ...SERVER_SURROUNDINGS,
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** https://www.postgresql.org/docs/18/storage-file-layout.html: pid, directory, start time, port, …, status in line 8. */
function readPostmasterFile(dataDirectory: string): (RunningServer & { ready: boolean }) | undefined {
  const lines = readIfThere(join(dataDirectory, 'postmaster.pid'))?.split('\n');
  if (!lines?.[0]) return undefined;
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Whether the process is a living server on this data directory. A killed server leaves its `postmaster.pid` behind,
 * and its pid may by now belong to anyone, even to the server of another directory. In doubt the answer is yes: two
 * servers on one data directory would be worse than a start that fails.
 */
function isServerOf(dataDirectory: string, pid: number): boolean {
  if (process.platform === 'linux') {
    return readIfThere(`/proc/${pid}/comm`)?.trim() === 'postgres' && worksIn(dataDirectory, pid);
  }
  if (process.platform === 'darwin') {
    const { stdout } = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' });
    return basename(stdout.trim()) === 'postgres';
  }
  return isAlive(pid);
}

function worksIn(directory: string, pid: number): boolean {
  try {
    return realpathSync(`/proc/${pid}/cwd`) === realpathSync(directory);
  } catch (error) {
    // Absent: the process is gone or a zombie. Refused (containers without CAP_SYS_PTRACE): in doubt, yes.
    return !isAbsence(error);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * Removes lock files that PostgreSQL itself would honour because a stranger now bears the pid in them. A
 * `postmaster.pid` of a dead process stays: PostgreSQL finds the shared memory of lingering processes through it.
 */
function removeRemains(dataDirectory: string): void {
  const stale = readPostmasterFile(dataDirectory);
  if (stale && isAlive(stale.pid)) rmSync(join(dataDirectory, 'postmaster.pid'), { force: true });
  for (const name of readdirSync(dataDirectory).filter((name) => name.startsWith('.s.PGSQL.'))) {
    rmSync(join(dataDirectory, name), { force: true });
  }
}

interface ServerLog {
  readonly file: string;
  readonly descriptor: number;
  /** What has been written since it was opened. */
  text(): string;
}

/** Opens the log for appending and keeps one older file: the log of a start that fails is never lost, nor too long. */
function openLog(file: string): ServerLog {
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size() > LOG_BYTES) renameSync(file, `${file}.1`);
  const start = size();
  const text = () => readFileSync(file).subarray(start).toString('utf8').trim();
  return { file, descriptor: openSync(file, 'a', 0o600), text };
}

function startFailure(port: number, dataDirectory: string, reason: string, log: ServerLog): EmbeddedPostgresError {
  const text = log.text();
  if (text.includes('could not create any TCP/IP sockets')) {
    return new EmbeddedPostgresError('port-in-use', `Port ${port} of 127.0.0.1 is taken by another program.`);
  }
  if (/pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(text)) {
    return new EmbeddedPostgresError('directory-busy', `Processes of an earlier server still use ${dataDirectory}.`);
  }
  const lastLines = text.split('\n').slice(-10).join('\n');
  return new EmbeddedPostgresError(
    'start-failed',
    `PostgreSQL did not start on ${dataDirectory}: ${reason}. The end of ${log.file}:\n${lastLines}`,
  );
}

function timeout(code: 'start-timeout' | 'stop-timeout', what: string, dataDirectory: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(code, `The PostgreSQL server of ${dataDirectory} did not ${what}.`);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** ESRCH: the process ended while its entry in /proc was being read. */
const isAbsence = (error: unknown) => ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
