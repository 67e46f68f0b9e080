import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { checks } from '../src/cli/doctor/catalogue.js';
import { commands } from '../src/cli/catalogue.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { createDatabase } from './support/database.js';

let seer: TestApp;
let directory: string;
let page: string;

beforeAll(async () => {
  seer = await startApp();
  await makeCaller(seer.app);
  directory = await mkdtemp(join(tmpdir(), 'seer-operations-'));
  page = await readFile('docs/operations.md', 'utf8');
});

afterAll(async () => {
  await seer.close();
  await rm(directory, { recursive: true });
});

const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block]) => block!);

describe('the page about operations', () => {
  it('has commands that work, one after the other', async () => {
    const restored = await createDatabase(`seer_page_${randomBytes(4).toString('hex')}`);
    const script = blocks('sh').join('\n').replaceAll('postgresql://seer@127.0.0.1/seer_restored', `'${restored}'`);
    // The built tree, as npm would run it; the database is there already.
    const functions = `npm() { shift 4; "${process.execPath}" "$OLDPWD/dist/src/cli.js" "$@"; }; createdb() { :; }; cd "${directory}"`;
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${functions}\n${script}`], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: seer.databaseUrl,
        SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
        SEER_PUBLIC_URL: seer.url,
      },
    });
    expect(stdout).toContain('ok       master key');
    expect(stdout).toMatch(/ is admin now\.\nsk_[\w-]{43}\n/);
    expect(stdout).toMatch(/Start Seer with the master key local:\w+: nothing else/);
    expect(stdout).toContain('The database is up to date.');
    expect(stdout).toMatch(/key_[0-9a-f-]+ is revoked\./);
  });

  it('names services, variables, commands and checks that there are', async () => {
    const { services } = parse(await readFile('docker-compose.yml', 'utf8'), { merge: true });
    const docker = blocks('console').join('\n');
    for (const [, service] of docker.matchAll(/exec (?:-T )?(\w+) seer/g))
      expect(Object.keys(services)).toContain(service);
    const known = await readFile('docs/configuration.md', 'utf8');
    for (const [name] of page.matchAll(/SEER_[A-Z_]+/g)) expect(known).toContain(`\`${name}\``);
    for (const { name } of checks) expect(page).toMatch(new RegExp(`^\\| ${name} +\\|`, 'm'));
    for (const { words } of commands) {
      const [group, ...rest] = words.split(' ');
      if (group !== 'encryption') expect(page).toContain([group, ...rest].join(' '));
    }
  });
});
