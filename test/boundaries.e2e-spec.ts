import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const cruiser = resolve('node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
const rules = resolve('.dependency-cruiser.cjs');
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seer-boundaries-'));
  await write('tsconfig.json', '{}');
});

afterEach(() => rm(directory, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  const path = join(directory, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** What the project's rules say about the planted files. */
function verdict(): Promise<string> {
  return new Promise((done) => {
    const args = [cruiser, 'src', '--config', rules];
    execFile(process.execPath, args, { cwd: directory }, (_error, stdout, stderr) => done(stdout + stderr));
  });
}

describe('the line of modules', () => {
  it('lets a module import what stands to its left, by its face', async () => {
    await write('src/users/index.ts', 'export const user = 1;');
    await write('src/workflows/a.ts', `import { user } from '../users/index.js'; export const a = user;`);
    expect(await verdict()).toContain('no dependency violations');
  });

  it.each([
    ['common-points-left', 'src/common/a.ts', '../users/index.js', 'src/users/index.ts'],
    ['users-points-left', 'src/users/a.ts', '../workflows/index.js', 'src/workflows/index.ts'],
    ['integrations-points-left', 'src/integrations/a.ts', '../workflows/index.js', 'src/workflows/index.ts'],
    ['users-by-its-face', 'src/workflows/a.ts', '../users/user.entity.js', 'src/users/user.entity.ts'],
  ])('refuses %s', async (rule, from, specifier, to) => {
    await write(to, 'export const it = 1;');
    await write(from, `import { it } from '${specifier}'; export const a = it;`);
    expect(await verdict()).toContain(`error ${rule}: ${from}`);
  });

  it('refuses a circle', async () => {
    await write('src/users/a.ts', `import { b } from './b.js'; export const a = () => b;`);
    await write('src/users/b.ts', `import { a } from './a.js'; export const b = () => a;`);
    expect(await verdict()).toContain('error no-circular');
  });
});
