import { type Json, type JsonObject } from '../common/json.js';
import { merge } from './json-merge.js';

const set = (id: string, value: Json = 1) => ({ id, type: 'set', value });
const both = (value: Json) => ({ value, conflicts: [] });

describe('merge', () => {
  it('takes what only one side has changed', () => {
    expect(merge({ a: 1, b: [1] }, { a: 2, b: [1] }, { a: 1, b: [1, 2] })).toEqual(both({ a: 2, b: [1, 2] }));
    expect(merge({ a: 1 }, {}, { a: 1, b: 2 })).toEqual(both({ b: 2 }));
  });

  it('takes what both have changed in the same way', () => {
    expect(merge([1], [2], [2])).toEqual(both([2]));
    expect(merge({ a: 1 }, { b: 1 }, { b: 1 })).toEqual(both({ b: 1 }));
  });

  it('finds nodes by their ids, wherever they have moved', () => {
    const base = [set('a'), set('b'), set('c')];
    const moved = [set('c'), set('new'), set('a'), set('b')];
    expect(merge(base, moved, [set('a', 2), set('b'), set('c')])).toEqual(
      both([set('c'), set('new'), set('a', 2), set('b')]),
    );
    expect(merge(base, [set('a'), set('b', 2), set('c')], moved)).toEqual(
      both([set('c'), set('new'), set('a'), set('b', 2)]),
    );
    expect(merge(base, [set('a', 2), set('b'), set('c')], [set('a'), set('c')])).toEqual(both([set('a', 2), set('c')]));
  });

  it.each<[what: string, base: Json, one: Json, other: Json, conflicts: string[]]>([
    ['a value that both changed', { a: { b: 1 } }, { a: { b: 2 } }, { a: { b: 3 } }, ['/a/b']],
    ['what one changed and the other removed', { a: 1 }, { a: 2 }, {}, ['/a']],
    ['what one removed and the other changed', { a: 1 }, {}, { a: 2 }, ['/a']],
    ['what both added, each another', {}, { a: 1 }, { a: 2 }, ['/a']],
    ['another kind of value', { a: { b: 1 } }, { a: [1] }, { a: { b: 2 } }, ['/a']],
    ['lists that both changed', [1, 2], [1, 3], [2, 2], ['']],
    ['nodes that both added', [], [set('a')], [set('b')], ['']],
    ['nodes that both changed', [set('a')], [set('new'), set('a', 2)], [set('a', 3)], ['/1/value']],
    [
      'a node that one changed and the other removed',
      [set('a'), set('b')],
      [set('a', 2), set('b')],
      [set('b')],
      ['/0'],
    ],
    ['a node that one removed and the other changed', [set('a'), set('b')], [set('b')], [set('a', 2), set('b')], ['']],
    ['nodes that have the same id', [set('a'), set('a')], [set('a', 2), set('a')], [set('a'), set('a', 3)], ['']],
  ])('guesses nothing about %s', (_what, base, one, other, conflicts) => {
    const merged = merge(base, one, other);
    expect(merged.conflicts).toEqual(conflicts);
  });

  it('costs what the lists are long, not the square of that', () => {
    const length = 20_000;
    let reads = 0;
    const counted = (id: string, value: Json): JsonObject =>
      Object.defineProperty({ value } as JsonObject, 'id', {
        enumerable: true,
        get: () => {
          reads++;
          return id;
        },
      });
    const list = (value: (index: number) => Json) => Array.from({ length }, (_, n) => counted(`n${n}`, value(n)));
    const last = length - 1;

    const { value, conflicts } = merge(
      list(() => 0),
      list((n) => (n === 0 ? 1 : 0)),
      list((n) => (n === last ? 2 : 0)).toReversed(),
    );

    expect(conflicts).toEqual([]);
    expect(value).toHaveLength(length);
    expect((value as JsonObject[])[0]).toMatchObject({ id: `n${last}`, value: 2 });
    expect((value as JsonObject[])[last]).toMatchObject({ id: 'n0', value: 1 });
    expect(reads).toBeLessThan(50 * length);
  });

  it('is one conflict where there would be pointers without number', () => {
    const name = 'n'.repeat(10_000);
    const of = (value: number): Json => ({ [name]: Array.from({ length: 1_000 }, (_, n) => set(`n${n}`, { value })) });
    expect(merge(of(0), of(1), of(2))).toEqual({ value: of(1), conflicts: [`/${name}`] });
  });

  it('changes none of what it is given', () => {
    const forms = [[set('a')], [set('a', { x: 1 })], [set('a'), set('b')]] as [Json, Json, Json];
    const before = structuredClone(forms);
    merge(...forms);
    expect(forms).toEqual(before);
  });
});
