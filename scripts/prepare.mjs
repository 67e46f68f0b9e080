// Set-up that a fresh checkout needs before anything of the project runs: plain Node 20, no dependencies.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

/** The Node that npm installed with the project: its version is pinned like any other dependency's. */
export const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Installs the dependencies of the lockfile, unless they are. */
export function install() {
  const installed = join('node_modules', '.seer-lockfile');
  const wanted = digest(['package-lock.json', 'package.json']);
  if (existsSync(node) && existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  say('Installing dependencies …');
  // Not `npm ci`: it refuses a lockfile when a registry lacks an optional package of some other platform. The versions
  // and hashes are those of the lockfile either way.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev']);
  writeFileSync(installed, wanted);
}

/** Compiles into `dist` by a TypeScript configuration, unless its inputs are as they were. */
export function build(config) {
  const inputs = ['package-lock.json', 'nest-cli.json', 'tsconfig.json', config, 'mikro-orm.config.ts'];
  const folders = config === 'tsconfig.build.json' ? ['src'] : ['src', 'test', 'bench'];
  const wanted = digest([...inputs, ...folders.flatMap(filesIn)]);
  const stamp = join('.build', `${config}.stamp`);
  if (existsSync(join('dist', 'src', 'main.js')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Building …');
  run(node, [join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build', '--path', config]);
  for (const folder of folders) forgetDeleted(folder);
  mkdirSync('.build', { recursive: true });
  writeFileSync(stamp, wanted);
}

/** What was compiled of a file that is no more would still be run, as a test for example. */
function forgetDeleted(folder) {
  for (const compiled of filesIn(join('dist', folder))) {
    const source = relative('dist', compiled).replace(/\.js(\.map)?$/, '.ts');
    if (source.endsWith('.ts') && !existsSync(source)) rmSync(compiled);
  }
}

export function run(command, args, options = {}) {
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell, ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    if (existsSync(file)) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => statSync(name).isFile())
    .sort();
}
