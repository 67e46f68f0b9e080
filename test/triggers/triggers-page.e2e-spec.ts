import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { startApp } from '../support/app.js';

const key = 'a-key-that-is-given-for-this-test-only';

describe('the page about triggers', () => {
  it('leads from a workflow to a delivery that is answered, twice, by one run', async () => {
    const seer = await startApp({ SEER_BOOTSTRAP_API_KEY: key });
    try {
      const page = await readFile('docs/triggers.md', 'utf8');
      const script = /```sh\n([\s\S]*?)```/.exec(page)![1]!;
      const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!) as object;
      const { stdout } = await promisify(execFile)(
        'bash',
        ['-euc', script.replace('http://127.0.0.1:3000', seer.url)],
        { env: { ...process.env, SEER_API_KEY: key } },
      );
      const lines = stdout.trim().split('\n');
      const [first, second, events] = lines.slice(-3).map((line) => JSON.parse(line) as { items: object[] });
      expect(first).toEqual(shown);
      expect(second).toEqual(shown);
      expect(events!.items).toMatchObject([{ verdict: 'duplicate' }, { verdict: 'accepted' }]);
    } finally {
      await seer.close();
    }
  });
});
