import { randomBytes } from 'node:crypto';
import { CursorCodec, CursorInvalidError, type CursorScope } from './cursor.js';

const key = randomBytes(32);
const codec = new CursorCodec(() => key);
const scope: CursorScope = { owner: '7', list: 'runs', filter: { status: 'FAILED', workflow: undefined } };

describe('CursorCodec', () => {
  it('gives back the position, in another process with the same key too', () => {
    const cursor = codec.encode(['2026-01-01T00:00:00.123Z', 42], scope);
    expect(new CursorCodec(() => key).decode(cursor, { ...scope, filter: { status: 'FAILED' } })).toEqual([
      '2026-01-01T00:00:00.123Z',
      42,
    ]);
    expect(cursor).toMatch(/^[\w-]+$/);
  });

  it.each<[string, CursorScope]>([
    ['caller', { ...scope, owner: '8' }],
    ['list', { ...scope, list: 'workflows' }],
    ['filter', { ...scope, filter: { status: 'COMPLETED' } }],
    ['no filter', { owner: '7', list: 'runs' }],
  ])('refuses the cursor of another %s', (_what, other) => {
    expect(() => codec.decode(codec.encode([1], scope), other)).toThrow(CursorInvalidError);
  });

  it('refuses a cursor in which any single character was changed', () => {
    const cursor = codec.encode([123456], scope);
    for (let index = 0; index < cursor.length; index++) {
      const changed = cursor.slice(0, index) + (cursor[index] === 'A' ? 'B' : 'A') + cursor.slice(index + 1);
      expect(() => codec.decode(changed, scope)).toThrow(CursorInvalidError);
    }
  });

  it.each(['', 'x', '!!!', 'A'.repeat(5000), Buffer.from('[1]').toString('base64url')])('refuses %p', (made) => {
    expect(() => codec.decode(made, scope)).toThrow(CursorInvalidError);
  });

  it('refuses a cursor signed with another key', () => {
    expect(() => codec.decode(new CursorCodec(() => randomBytes(32)).encode([1], scope), scope)).toThrow(
      CursorInvalidError,
    );
  });
});
