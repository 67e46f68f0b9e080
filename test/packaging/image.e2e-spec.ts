import { execFile, type ExecFileOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { canUse } from '../../src/common/database/embedded/installation.js';
import { createDatabase } from '../support/database.js';
import { execForm, type Instruction, only, readDockerfile, valuesOf } from '../support/dockerfile.js';
import { freePort } from '../support/program.js';

/** What is in the image lies here, as the Dockerfile says, and cannot be written to. */
let root: string;
let image: Instruction[];
let surroundings: ExecFileOptions;

const [uid, gid] = [1000, 1000];
/** Only root can become another user, who must be able to run this Node. */
const becomes = process.getuid?.() === 0 && canUse({ uid, gid }, '-x', process.execPath);

beforeAll(async () => {
  image = (await readDockerfile()).stages.at(-1)!;
  root = await mkdtemp(join(tmpdir(), 'seer-image-'));
  await chmod(root, 0o755);
  for (const copy of image.filter((instruction) => instruction.getKeyword() === 'COPY')) {
    const [from, to] = copy.getArgumentsContent()!.split(/\s+/);
    await put(from!.replace('/app/', ''), join(root, 'app', to!));
  }
  await setWritable(root, false);
  surroundings = {
    cwd: join(root, 'app'),
    env: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      ...valuesOf(only(image, 'ENV')),
      HOST: '127.0.0.1',
      PORT: String(await freePort()),
      // Its user cannot enter the directory of the socket.
      DATABASE_URL: (await createDatabase('seer_image', process.env.SEER_TEST_TEMPLATE)).replace(
        /@[^:]+:/,
        '@127.0.0.1:',
      ),
      // As in a fleet: the database has the schema already.
      SEER_MIGRATE: 'off',
      SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
    ...(becomes && { uid, gid }),
  };
});

afterAll(async () => {
  await setWritable(root, true);
  await rm(root, { recursive: true });
});

/** What the build stage has there in the end: no tests, and no dependencies but those of production. */
async function put(what: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  if (what === 'package.json') return link([what], to);
  if (what === 'dist') return link(['dist/src', 'dist/mikro-orm.config.js'], to);
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, Package> };
  const production = Object.entries(lock.packages).filter(
    ([path, { dev, optional, devOptional }]) =>
      /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) &&
      path !== 'node_modules/node' &&
      !dev &&
      !optional &&
      !devOptional,
  );
  const scopes = Map.groupBy(production, ([path]) => dirname(path));
  for (const [scope, packages] of scopes) {
    const folder = join(to, scope.replace(/^node_modules\/?/, ''));
    await mkdir(folder, { recursive: true });
    await link(
      packages.map(([path]) => path),
      folder,
    );
  }
}

interface Package {
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

/** Copies by hard links; by their content where the file system is another one, or cp knows no links. */
async function link(sources: string[], folder: string): Promise<void> {
  const cp = (options: string) => promisify(execFile)('cp', [options, ...sources, folder]);
  await cp('-RPl').catch(() => cp('-RP'));
}

/** Folders alone: files are those of the checkout. */
async function setWritable(folder: string, writable: boolean): Promise<void> {
  await chmod(folder, writable ? 0o755 : 0o555);
  if (becomes) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await setWritable(join(folder, entry.name), writable);
  }
}

function healthCheck(): Promise<number> {
  const [command, ...args] = execForm(only(image, 'HEALTHCHECK'));
  return new Promise((resolve) => {
    execFile(command!, args, surroundings, (error) => resolve(Number(error?.code ?? 0)));
  });
}

describe('the image', () => {
  it(`starts on a read-only file system${becomes ? ' as its own user' : ' (only root can try its user)'}, becomes healthy, and stops on its signal`, async () => {
    expect(only(image, 'USER').getArgumentsContent()).toBe(`${uid}:${gid}`);
    expect(await healthCheck()).toBe(1);

    const [command, ...args] = execForm(only(image, 'CMD'));
    const program = spawn(command!, args, { ...surroundings, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(program, 'exit');
    for await (const chunk of program.stdout!) if (String(chunk).includes('Seer is ready')) break;
    program.stdout!.resume();
    expect(await healthCheck()).toBe(0);

    program.kill(only(image, 'STOPSIGNAL').getArgumentsContent() as NodeJS.Signals);
    expect(await exited).toEqual([0, null]);
    expect(await healthCheck()).toBe(1);
  });

  it('has the commands of operators', async () => {
    const [, file] = execForm(image.find((one) => one.getArgumentsContent()?.includes('/usr/local/bin/seer'))!).slice(
      1,
    );
    const { stdout } = await promisify(execFile)(
      'node',
      [file!.replace('/app/', ''), 'doctor', '--json'],
      surroundings,
    );
    expect(JSON.parse(String(stdout))).toContainEqual(expect.objectContaining({ check: 'master key', status: 'ok' }));
    expect((await readFile('dist/src/cli.js', 'utf8')).startsWith('#!/usr/bin/env node\n')).toBe(true);
  });
});
