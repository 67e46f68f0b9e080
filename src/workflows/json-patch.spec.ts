import fc from 'fast-check';
import { type JsonObject } from '../common/json.js';
import { difference } from './json-difference.js';
import { type JsonPatchOperation } from './json-patch.dto.js';
import { patched } from './json-patch.js';

const apply = (spec: unknown, ...patch: object[]) => patched(spec as JsonObject, patch as JsonPatchOperation[]);

describe('a JSON Patch', () => {
  // The cases of RFC 6902, appendix A, that apply to objects.
  it.each<[what: string, spec: object, operation: object, result: object]>([
    ['adds a member', { foo: 1 }, { op: 'add', path: '/baz', value: 'q' }, { foo: 1, baz: 'q' }],
    ['replaces a member by add', { foo: 1 }, { op: 'add', path: '/foo', value: null }, { foo: null }],
    ['adds an element', { foo: [1, 3] }, { op: 'add', path: '/foo/1', value: 2 }, { foo: [1, 2, 3] }],
    ['appends an element', { foo: [1] }, { op: 'add', path: '/foo/-', value: [2] }, { foo: [1, [2]] }],
    ['appends by the index after the last', { foo: [1] }, { op: 'add', path: '/foo/1', value: 2 }, { foo: [1, 2] }],
    ['removes a member', { foo: 1, baz: 2 }, { op: 'remove', path: '/baz' }, { foo: 1 }],
    ['removes an element', { foo: [1, 2, 3] }, { op: 'remove', path: '/foo/1' }, { foo: [1, 3] }],
    ['replaces', { foo: [1, 2] }, { op: 'replace', path: '/foo/0', value: 9 }, { foo: [9, 2] }],
    ['replaces null', { foo: null }, { op: 'replace', path: '/foo', value: 1 }, { foo: 1 }],
    ['replaces the whole', { foo: 1 }, { op: 'replace', path: '', value: { bar: 2 } }, { bar: 2 }],
    ['moves a member', { a: { x: 1 }, b: {} }, { op: 'move', from: '/a/x', path: '/b/y' }, { a: {}, b: { y: 1 } }],
    ['moves an element', { foo: [1, 2, 3] }, { op: 'move', from: '/foo/0', path: '/foo/2' }, { foo: [2, 3, 1] }],
    ['moves to where it is', { foo: 1 }, { op: 'move', from: '/foo', path: '/foo' }, { foo: 1 }],
    ['copies', { a: [1] }, { op: 'copy', from: '/a', path: '/b' }, { a: [1], b: [1] }],
    ['tests', { a: { x: [1], y: 2 } }, { op: 'test', path: '/a', value: { y: 2, x: [1] } }, { a: { x: [1], y: 2 } }],
    ['reads ~0 and ~1', { '/': 1, '~1': 2 }, { op: 'remove', path: '/~01' }, { '/': 1 }],
    ['takes constructor for a name', { constructor: { prototype: 1 } }, { op: 'remove', path: '/constructor' }, {}],
  ])('%s', (_what, spec, operation, result) => {
    expect(apply(spec, operation)).toEqual(result);
  });

  it.each<[operation: object, reason: RegExp]>([
    [{ op: 'add', path: 'nodes', value: 1 }, /"nodes" is no JSON pointer/],
    [{ op: 'add', path: '/a~2', value: 1 }, /"\/a~2" is no JSON pointer/],
    [{ op: 'add', path: '/x/y', value: 1 }, /nothing at "\/x\/y"/],
    [{ op: 'add', path: '/text/0', value: 1 }, /nothing at "\/text\/0"/],
    [{ op: 'add', path: '/list/3', value: 1 }, /no place in a list of 2/],
    [{ op: 'add', path: '/list/01', value: 1 }, /no place in a list/],
    [{ op: 'add', path: '/list/length', value: 1 }, /no place in a list/],
    [{ op: 'replace', path: '/list/length', value: 1e9 }, /nothing at "\/list\/length"/],
    [{ op: 'replace', path: '/list/-', value: 1 }, /nothing at "\/list\/-"/],
    [{ op: 'remove', path: '/list/-' }, /nothing at "\/list\/-"/],
    [{ op: 'remove', path: '/x' }, /nothing at "\/x"/],
    [{ op: 'remove', path: '/toString' }, /nothing at "\/toString"/],
    [{ op: 'remove', path: '' }, /not a JSON object/],
    [{ op: 'replace', path: '', value: [] }, /not a JSON object/],
    [{ op: 'replace', path: '/x', value: 1 }, /nothing at "\/x"/],
    [{ op: 'test', path: '/text', value: 'b' }, /value at "\/text" is another one/],
    [{ op: 'move', from: '/list', path: '/list/0' }, /cannot be moved into itself/],
    [{ op: 'move', from: '/x', path: '/y' }, /nothing at "\/x"/],
    [{ op: 'copy', path: '/y' }, /needs "from"/],
    [{ op: 'add', path: '/y' }, /needs a "value"/],
    [{ op: 'add', path: '/__proto__/x', value: 1 }, /"__proto__"/],
    [{ op: 'copy', from: '/__proto__', path: '/x' }, /"__proto__"/],
    [{ op: 'add', path: '/constructor/prototype/x', value: 1 }, /nothing at/],
  ])('refuses %j', (operation, reason) => {
    expect(() => apply({ text: 'a', list: [1, 2] }, operation)).toThrow(reason);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('names the operation that does not fit and leaves the given spec alone', () => {
    const spec = { a: 1 };
    const attempt = () => apply(spec, { op: 'remove', path: '/a' }, { op: 'remove', path: '/a' });
    expect(attempt).toThrow('Operation 1 of the patch cannot be applied: there is nothing at "/a".');
    expect(spec).toEqual({ a: 1 });
  });

  it('cannot grow a spec beyond measure by copying it into itself', () => {
    const bomb = Array.from({ length: 20 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expect(() => apply({ a: [1, 2, 3] }, ...bomb)).toThrow(/writes more than/);
  });

  it('cannot nest a spec beyond measure', () => {
    const deeper = Array.from({ length: 100 }, () => [
      { op: 'add', path: '/new', value: {} },
      { op: 'move', from: '/a', path: '/new/a' },
      { op: 'move', from: '/new', path: '/a' },
    ]).flat();
    expect(() => apply({ a: {} }, ...deeper)).toThrow(/nested more than 60 deep/);
  });
});

describe('the difference of two specs', () => {
  const json = fc.object({ withNullPrototype: false }).map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
  const storable = json.filter((value) => !JSON.stringify(value).includes('__proto__'));

  it('leads from any to any other', () => {
    fc.assert(
      fc.property(storable, storable, (from, to) => {
        expect(patched(from, difference(from, to))).toEqual(to);
      }),
    );
  });

  it('leads from a list to any other', () => {
    const list = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.record({ id: fc.constantFrom('a', 'b', 'c') })));
    fc.assert(
      fc.property(list, list, (from, to) => {
        expect(apply({ list: from }, ...difference({ list: from }, { list: to }))).toEqual({ list: to });
      }),
    );
  });

  it('says no more than what changed', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, type: 'set', value: 1 }));
    expect(difference({ nodes: [a!, b!] }, { nodes: [a!, c!, b!] })).toEqual([
      { op: 'add', path: '/nodes/1', value: c },
    ]);
    expect(difference({ nodes: [a!, c!, b!] }, { nodes: [a!, b!] })).toEqual([{ op: 'remove', path: '/nodes/1' }]);
    expect(difference({ nodes: [a!] }, { nodes: [{ ...a!, value: 2 }] })).toEqual([
      { op: 'replace', path: '/nodes/0/value', value: 2 },
    ]);
    expect(difference({ nodes: [a!] }, { nodes: [b!] })).toEqual([{ op: 'replace', path: '/nodes/0', value: b }]);
  });

  it('replaces as a whole what would take pointers without number', () => {
    const from = Array.from({ length: 100_000 }, (_, index) => index);
    const to = from.map((index) => index + 1);
    expect(difference(from, to)).toEqual([{ op: 'replace', path: '', value: to }]);
    // Each change in it would repeat the name.
    const name = 'n'.repeat(100_000);
    expect(difference({ [name]: from }, { [name]: to })).toEqual([{ op: 'replace', path: `/${name}`, value: to }]);
    expect(difference({ list: from.slice(0, 1_000) }, { list: to.slice(0, 1_000) })).toHaveLength(1_000);
  });
});
