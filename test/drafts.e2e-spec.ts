import { limits } from '../src/workflows/spec/limits.js';
import { startApp, type TestApp } from './support/app.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makeWorkflow, specOf } from './support/factories.js';
import { patchedByClient } from './support/json-patch.js';

let seer: TestApp;
let client: Client;

beforeAll(async () => {
  seer = await startApp();
  client = seer.admin;
});

afterAll(() => seer.close());

const set = (id: string, value: unknown = 1) => ({ id, type: 'set', value });
const spec = specOf([set('a'), set('b')]);
const edit = (id: string, change: object, headers?: Record<string, string>) =>
  client.patch(`/v1/workflows/${id}/draft`, change, headers);
const draftOf = async (id: string) => (await client.get(`/v1/workflows/${id}/draft`)).body;

describe('a draft', () => {
  it('is refused to a stranger', async () => {
    const path = '/v1/workflows/wf_x/draft';
    expect((await seer.stranger.get(path)).status).toBe(401);
    expect((await seer.stranger.patch(path, { base_revision: 1, spec })).status).toBe(401);
    expect((await seer.stranger.post(`${path}/validate`)).status).toBe(401);
  });

  it('has a revision, and an ETag that says the same', async () => {
    const id = await makeWorkflow(client, spec);
    const { status, body, headers } = await client.get(`/v1/workflows/${id}/draft`);
    expect(status).toBe(200);
    expect(body).toEqual({ workflow_id: id, spec, revision: 1, updated_at: expect.any(String) });
    expect(headers.get('etag')).toBe('"1"');
  });

  it('is checked as it is', async () => {
    const id = await makeWorkflow(client, specOf([set('a', '${nobody}')]));
    const { status, body } = await client.post(`/v1/workflows/${id}/draft/validate`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: false, errors: [{ code: 'expression-unknown-name', node_id: 'a' }] });
  });

  it.each<[what: string, draft: object]>([
    ['nothing at all', {}],
    ['a node without fields', specOf([{ id: 'a', type: 'if' }])],
    ['a node without type', specOf([{ id: 'a' }])],
    ['a node type to come', specOf([{ id: 'a', type: 'llm', prompt: 'Hi' }])],
    ['an unfinished expression', specOf([set('a', '${1 +')])],
    ['the same id twice', specOf([set('a'), set('a')])],
    ['names of programs', specOf([set('a', { constructor: { prototype: 1 }, toString: null })])],
  ])('may be incomplete: %s', async (_what, draft) => {
    const id = await makeWorkflow(client, spec);
    const { status, body } = await edit(id, { base_revision: 1, spec: draft });
    expect([status, body.revision]).toEqual([200, 2]);
    expect((await draftOf(id)).spec).toEqual(draft);
  });
});

describe('PATCH /v1/workflows/{id}/draft', () => {
  it('replaces the spec as the next revision', async () => {
    const id = await makeWorkflow(client, spec);
    const { status, body, headers } = await edit(id, { base_revision: 1, spec: specOf([set('c')]) });
    expect(status).toBe(200);
    expect(body).toMatchObject({ spec: specOf([set('c')]), revision: 2 });
    expect(headers.get('etag')).toBe('"2"');
    expect(await draftOf(id)).toEqual(body);
    expect((await client.get(`/v1/workflows/${id}`)).body.draft_revision).toBe(2);
  });

  it('takes the same spec again for no change, whatever the order of its keys', async () => {
    const id = await makeWorkflow(client, spec);
    const turned = Object.fromEntries(Object.entries(spec).reverse());
    expect((await edit(id, { base_revision: 1, spec: turned })).body.revision).toBe(1);
  });

  it('takes If-Match in place of base_revision', async () => {
    const id = await makeWorkflow(client, spec);
    expect((await edit(id, { spec: specOf([]) }, { 'if-match': '"1"' })).status).toBe(200);
    for (const tag of ['"1"', '"x"', '*', 'W/"2"', '2']) {
      const { status, body } = await edit(id, { spec }, { 'if-match': tag });
      expect([tag, status, body.current_revision]).toEqual([tag, 409, 2]);
    }
  });

  it.each<[what: string, body: object, code: string]>([
    ['no base', { spec }, 'base-revision-missing'],
    ['neither spec nor patch', { base_revision: 1 }, 'draft-change-ambiguous'],
    ['an unknown field', { base_revision: 1, spec, force: true }, 'unknown-field'],
    ['both spec and patch', { base_revision: 1, spec, patch: [] }, 'draft-change-ambiguous'],
    ['a base that is null', { base_revision: null, spec }, 'request-invalid'],
    ['a base of 0', { base_revision: 0, spec }, 'request-invalid'],
    ['a base that is no whole number', { base_revision: 1.5, spec }, 'request-invalid'],
    ['a base beyond all numbers', { base_revision: 2_147_483_648, spec }, 'request-invalid'],
    ['a base that is text', { base_revision: '1', spec }, 'request-invalid'],
    ['a spec that is null', { base_revision: 1, spec: null }, 'request-invalid'],
    ['a spec that is text', { base_revision: 1, spec: '{}' }, 'request-invalid'],
    ['a patch that is null', { base_revision: 1, patch: null }, 'request-invalid'],
    ['a patch that is an object', { base_revision: 1, patch: { op: 'remove', path: '' } }, 'request-invalid'],
    ['an operation that is null', { base_revision: 1, patch: [null] }, 'request-invalid'],
    ['an unknown operation', { base_revision: 1, patch: [{ op: 'zap', path: '/nodes' }] }, 'request-invalid'],
    ['an operation without path', { base_revision: 1, patch: [{ op: 'remove' }] }, 'request-invalid'],
    ['a path that is a number', { base_revision: 1, patch: [{ op: 'remove', path: 1 }] }, 'request-invalid'],
    ['1,001 operations', { base_revision: 1, patch: Array(1001).fill({ op: 'test', path: '' }) }, 'request-invalid'],
  ])('refuses %s', async (_what, body, code) => {
    const id = await makeWorkflow(client, spec);
    const answer = await edit(id, body);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect((await draftOf(id)).revision).toBe(1);
  });

  it('applies a patch', async () => {
    const id = await makeWorkflow(client, spec);
    const patch = [
      { op: 'test', path: '/version', value: '1' },
      { op: 'add', path: '/nodes/-', value: set('c') },
      { op: 'move', from: '/nodes/0', path: '/nodes/2' },
      { op: 'copy', from: '/nodes/0/value', path: '/output' },
      { op: 'replace', path: '/nodes/1/value', value: null },
      { op: 'remove', path: '/nodes/0' },
    ];
    const { status, body } = await edit(id, { base_revision: 1, patch });
    expect([status, body.revision]).toEqual([200, 2]);
    expect(body.spec).toEqual({ version: '1', nodes: [set('c', null), set('a')], output: 1 });
    expect(await draftOf(id)).toEqual(body);
  });

  it('replaces the whole by a patch of path ""', async () => {
    const id = await makeWorkflow(client, spec);
    const { body } = await edit(id, { base_revision: 1, patch: [{ op: 'replace', path: '', value: specOf([]) }] });
    expect(body).toMatchObject({ spec: specOf([]), revision: 2 });
  });

  it.each<[what: string, operation: object]>([
    ['something that is not there', { op: 'remove', path: '/nodes/2' }],
    ['a test that fails', { op: 'test', path: '/version', value: '2' }],
    ['the prototype', { op: 'add', path: '/__proto__/polluted', value: true }],
    ['the constructor', { op: 'add', path: '/constructor/prototype/polluted', value: true }],
    ['the length of a list', { op: 'replace', path: '/nodes/length', value: 4_000_000_000 }],
    ['a move without from', { op: 'move', path: '/nodes/0' }],
    ['no pointer', { op: 'remove', path: 'nodes' }],
    ['something that is no object in the end', { op: 'replace', path: '', value: [] }],
  ])('refuses a patch of %s, and changes nothing', async (_what, operation) => {
    const id = await makeWorkflow(client, spec);
    const patch = [{ op: 'add', path: '/output', value: 1 }, operation];
    const { status, body } = await edit(id, { base_revision: 1, patch });
    expect([status, body.code]).toEqual([422, 'patch-invalid']);
    expect(body.errors).toMatchObject([{ pointer: '/patch/1', code: 'patch-invalid' }]);
    expect(await draftOf(id)).toMatchObject({ spec, revision: 1 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  const blocks = (levels: number): object[] =>
    levels === 0 ? [set('inmost')] : [{ id: `n${levels}`, type: 'if', condition: 'true', then: blocks(levels - 1) }];

  it.each<[what: string, draft: object, pointer: string, code: string]>([
    ['is too large', specOf([set('a', 'x'.repeat(limits.specBytes))]), '', 'spec-too-large'],
    ['has too many nodes', specOf(Array.from({ length: 501 }, (_, n) => set(`n${n}`))), '/nodes/500', 'too-many-nodes'],
    ['has too many empty nodes', specOf(Array.from({ length: 501 }, () => ({}))), '/nodes/500', 'too-many-nodes'],
    ['nests too many blocks', specOf(blocks(16)), '/nodes' + '/0/then'.repeat(16), 'nesting-too-deep'],
    ['has nodes that are no list', { version: '1', nodes: {} }, '/nodes', 'wrong-type'],
    ['has a node that is none', specOf(['a']), '/nodes/0', 'wrong-type'],
    ['has an unknown field', specOf([{ ...set('a'), vaule: 2 }]), '/nodes/0/vaule', 'unknown-field'],
    ['has a bad id', specOf([set('Not an id')]), '/nodes/0/id', 'out-of-range'],
    ['has an unknown version', { version: '2', nodes: [] }, '/version', 'not-allowed'],
    ['has inputs that are no schema', specOf([], { inputs: { type: 'text' } }), '/inputs', 'schema-invalid'],
    ['has inputs that answer later', specOf([], { inputs: { $async: true } }), '/inputs/$async', 'schema-invalid'],
  ])('refuses a spec that %s', async (_what, draft, pointer, code) => {
    const id = await makeWorkflow(client, spec);
    for (const [change, at] of [
      [{ spec: draft }, '/spec'],
      [{ patch: [{ op: 'replace', path: '', value: draft }] }, ''],
    ] as const) {
      const { status, body } = await edit(id, { base_revision: 1, ...change });
      expect([status, body.code]).toEqual([422, 'spec-invalid']);
      expect(body.errors).toContainEqual(expect.objectContaining({ pointer: at + pointer, code }));
    }
    expect((await draftOf(id)).revision).toBe(1);
  });

  it('refuses a spec that is too deep, however it gets there', async () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const id = await makeWorkflow(client, spec);
    expect((await edit(id, { base_revision: 1, spec: specOf([set('a', nested(57))]) })).status).toBe(200);
    const { status, body } = await edit(id, { base_revision: 2, spec: specOf([set('a', nested(58))]) });
    expect([status, body.errors]).toMatchObject([422, [{ pointer: '/spec', code: 'spec-too-deep' }]]);
    const patch = [{ op: 'copy', from: '/nodes', path: '/nodes/0/value/0' }];
    expect((await edit(id, { base_revision: 2, patch })).body.code).toBe('patch-invalid');
  });

  it('names the field and the node of a wrong shape', async () => {
    const id = await makeWorkflow(client, spec);
    const { body } = await edit(id, { base_revision: 1, spec: specOf([{ ...set('a'), valu: 2 }]) });
    expect(body.errors).toEqual([
      {
        pointer: '/spec/nodes/0/valu',
        code: 'unknown-field',
        message: 'There is no field "valu" here; did you mean "value"?',
        node_id: 'a',
      },
    ]);
  });
});

describe('a change of a draft that has changed since', () => {
  it('is refused with the current revision, and a patch that leads there', async () => {
    const id = await makeWorkflow(client, spec);
    const second = specOf([set('first'), set('a', [1, 2, 3]), set('b')], { output: { 'a/b~c': 1 } });
    const third = specOf([set('a', [1, 3]), set('c')], { output: { 'a/b~c': null } });
    await edit(id, { base_revision: 1, spec: second });
    await edit(id, { base_revision: 2, spec: third });
    for (const [base, read] of [
      [1, spec],
      [2, second],
    ] as const) {
      const { status, body } = await edit(id, { base_revision: base, spec: specOf([]) });
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: 'draft-revision-stale', current_revision: 3 });
      expect(patchedByClient(read, body.patch)).toEqual(third);
    }
    expect(await draftOf(id)).toMatchObject({ spec: third, revision: 3 });
  });

  it('can be made again with the patch it was given', async () => {
    const id = await makeWorkflow(client, spec);
    await edit(id, { base_revision: 1, patch: [{ op: 'replace', path: '/nodes/0/value', value: 2 }] });
    const mine = [{ op: 'replace', path: '/nodes/1/value', value: 3 }];
    const { body: stale } = await edit(id, { base_revision: 1, patch: mine });
    const { body } = await edit(id, { base_revision: stale.current_revision, patch: mine });
    expect(body.spec).toEqual(specOf([set('a', 2), set('b', 3)]));
  });

  it('tells nothing but the revision when its base is no longer kept, or never was', async () => {
    const id = await makeWorkflow(client, spec);
    const { body } = await edit(id, { base_revision: 7, spec });
    expect(body).toMatchObject({ current_revision: 1, patch: null });
    const database = await connect(seer.databaseUrl);
    try {
      await database.query(
        `update workflow_draft set revision = 200 where workflow_id = (select id from workflow where workflow_id = $1)`,
        [id.slice(3)],
      );
      expect((await edit(id, { base_revision: 200, spec: specOf([]) })).status).toBe(200);
      expect((await edit(id, { base_revision: 1, spec })).body).toMatchObject({ current_revision: 201, patch: null });
    } finally {
      await database.end();
    }
  });

  it('is told what changed in a long list, which is not longer than the list itself', async () => {
    const list = Array.from({ length: 10_000 }, (_, index) => index);
    const reversed = list.toReversed();
    const id = await makeWorkflow(client, specOf([set('a', list)]));
    await edit(id, { base_revision: 1, spec: specOf([set('a', reversed)]) });
    const { body } = await edit(id, { base_revision: 1, spec });
    expect(body.patch).toEqual([{ op: 'replace', path: '/nodes/0/value', value: reversed }]);
  });

  it('loses to exactly one of twenty at once, many times', async () => {
    const id = await makeWorkflow(client, spec);
    for (let revision = 1; revision <= 5; revision++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          edit(id, { base_revision: revision, spec: specOf([set('a', [revision, n])]) }),
        ),
      );
      const [won, ...more] = answers.filter(({ status }) => status === 200);
      expect(more).toEqual([]);
      expect(won!.body.revision).toBe(revision + 1);
      for (const { status, body } of answers.filter((answer) => answer !== won)) {
        expect([status, body.current_revision]).toEqual([409, revision + 1]);
      }
      expect(await draftOf(id)).toMatchObject({ spec: won!.body.spec, revision: revision + 1 });
    }
  });
});
