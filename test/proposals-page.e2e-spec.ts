import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startApp } from './support/app.js';

const key = 'a-key-that-is-given-for-this-test-only';

describe('the page about proposals and portability', () => {
  it('leads from a proposal to the same workflow elsewhere by its commands', async () => {
    const seer = await startApp({ SEER_BOOTSTRAP_API_KEY: key });
    const directory = await mkdtemp(join(tmpdir(), 'seer-proposals-'));
    try {
      await symlink(resolve('examples'), join(directory, 'examples'));
      const page = await readFile('docs/proposals-and-portability.md', 'utf8');
      const script = /```sh\n([\s\S]*?)```/.exec(page)![1]!;
      const { stdout } = await promisify(execFile)(
        'bash',
        ['-euc', script.replace('http://127.0.0.1:3000', seer.url)],
        { cwd: directory, env: { ...process.env, SEER_API_KEY: key } },
      );
      const [shown, accepted, imported] = stdout.split('\n').map((line) => JSON.parse(line));
      expect(shown).toMatchObject({ status: 'pending', changed_nodes: { changed: ['parcels'] }, report: { ok: true } });
      expect(accepted).toMatchObject({ proposal: { status: 'accepted' }, draft: { revision: 2 } });
      expect(imported).toMatchObject({ workflow: { name: 'Order received (2)' }, unresolved: [], warnings: [] });
    } finally {
      await seer.close();
      await rm(directory, { recursive: true });
    }
  });
});
