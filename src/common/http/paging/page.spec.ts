import { randomBytes } from 'node:crypto';
import { CursorCodec } from './cursor.js';
import { loadPage } from './page.js';

const key = randomBytes(32);
const cursors = new CursorCodec(() => key);
const rows = [9, 8, 7, 6, 5];

function list(limit: number, cursor?: string) {
  return loadPage(cursors, {
    query: { limit, cursor },
    scope: { owner: '1', list: 'numbers' },
    load: async (count, position) => rows.filter((row) => !position || row < Number(position[0])).slice(0, count),
    positionOf: (row) => [row],
    toItem: (row) => `item ${row}`,
  });
}

describe('loadPage', () => {
  it('walks through a list, each item once, and says when it ends', async () => {
    const first = await list(2);
    expect(first.items).toEqual(['item 9', 'item 8']);
    const second = await list(2, first.next_cursor!);
    expect(second.items).toEqual(['item 7', 'item 6']);
    const third = await list(2, second.next_cursor!);
    expect(third).toEqual({ items: ['item 5'], next_cursor: null });
  });

  it('has no next page when the last one is full', async () => {
    expect((await list(5)).next_cursor).toBeNull();
  });
});
