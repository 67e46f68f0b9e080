import { readFile } from 'node:fs/promises';
import { findings } from '../../src/admin/findings/catalogue.js';

describe('the page about findings', () => {
  it('explains every code, and no other', async () => {
    const page = await readFile('docs/findings.md', 'utf8');
    const [table] = page.slice(page.indexOf('| code')).split('\n\n');
    const explained = [...table!.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code);
    expect(explained.toSorted()).toEqual([...findings.map(({ code }) => code), 'check-failed'].toSorted());
  });
});
