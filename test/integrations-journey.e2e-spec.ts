import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePort, Program } from './support/program.js';

const key = 'a-key-that-is-given-for-this-test-only';
const programs: Program[] = [];
let directory: string;
let port: number;

/** What `npm start` runs, and the playground. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seer-journey-'));
  await chmod(directory, 0o711);
  port = await freePort();
  const environment = {
    PORT: String(port),
    SEER_DATA_DIR: join(directory, 'data'),
    SEER_BOOTSTRAP_API_KEY: key,
    LOG_LEVEL: 'warn',
  };
  programs.push(new Program('dist/src/main.js', environment));
  programs.push(new Program('examples/playground.mjs', { PLAYGROUND_DIR: join(directory, '.playground') }));
  await Promise.all([programs[0]!.says('Seer is ready'), programs[1]!.says('The playground is ready')]);
  await symlink(resolve('examples'), join(directory, 'examples'));
});

afterAll(async () => {
  await Promise.all(programs.map((program) => program.stop()));
  await rm(directory, { recursive: true, force: true });
});

describe('the page about integrations', () => {
  it('leads from resources to a COMPLETED run by its commands', async () => {
    const page = await readFile('docs/integrations.md', 'utf8');
    const script = /```sh\n([\s\S]*?)```/.exec(page.slice(page.indexOf('When it says that it is ready')))![1]!;
    const { stdout } = await promisify(execFile)(
      'bash',
      ['-euc', script.replace('127.0.0.1:3000', `127.0.0.1:${port}`)],
      {
        cwd: directory,
        env: { ...process.env, SEER_API_KEY: key },
      },
    );
    expect(stdout.match(/"ok":true/g)).toHaveLength(6);
    const run = JSON.parse(stdout.slice(stdout.lastIndexOf('{"run_id"')));
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!);
    expect(run).toMatchObject(shown);
    await programs[1]!.says('Mail to ada@example.com');
    await programs[1]!.says(shown.outputs.report);
    expect(stdout + programs[0]!.output).not.toContain('playground-key');
  });
});
