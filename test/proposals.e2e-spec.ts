import { type JsonObject } from '../src/common/json.js';
import { limits } from '../src/workflows/spec/limits.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
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

const draftOf = async (id: string) => (await client.get(`/v1/workflows/${id}/draft`)).body;
const proposalOf = async (id: string) => (await client.get(`/v1/proposals/${id}`)).body;
const accept = (id: string, body: object = {}) => client.post(`/v1/proposals/${id}/accept`, body);

async function propose(workflow: string, proposed: JsonObject, more: object = {}) {
  const request = { summary: 'A change', spec: proposed, ...more };
  const { status, body } = await client.post(`/v1/workflows/${workflow}/proposals`, request);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body;
}

async function edit(workflow: string, draft: JsonObject): Promise<void> {
  const { revision } = await draftOf(workflow);
  const { status } = await client.patch(`/v1/workflows/${workflow}/draft`, { base_revision: revision, spec: draft });
  expect(status).toBe(200);
}

const unknown = 'prop_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';

describe('a proposal', () => {
  it('is refused to a stranger, and unknown to other users, on every route', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([set('a')]));
    const other = client.as((await makeCaller(seer.app)).token);
    const routes: [string, string, object?][] = [
      ['GET', `/v1/proposals/${id}`],
      ['POST', `/v1/proposals/${id}/accept`, {}],
      ['POST', `/v1/proposals/${id}/reject`, {}],
      ['GET', `/v1/workflows/${workflow}/proposals`],
      ['POST', `/v1/workflows/${workflow}/proposals`, { summary: 'Mine', spec }],
    ];
    for (const [method, path, body] of routes) {
      expect([path, (await seer.stranger.call(method, path, body)).status]).toEqual([path, 401]);
      const foreign = await other.call<any>(method, path, body);
      const none = await other.call<any>(method, path.replace(id, unknown), body);
      expect([path, foreign.status, foreign.body.code]).toEqual([path, 404, none.body.code]);
    }
    expect((await client.get('/v1/proposals/prop_x')).body.code).toBe('proposal-not-found');
    expect((await proposalOf(id)).status).toBe('pending');
  });

  it('can be made, and not accepted, by whoever may only propose', async () => {
    const workflow = await makeWorkflow(client, spec);
    const body = { name: 'Model', scopes: ['workflows:read', 'workflows:propose'] };
    const model = client.as((await client.post('/v1/api-keys', body)).body.key);
    const made = await model.post(`/v1/workflows/${workflow}/proposals`, { summary: 'Try', spec: specOf([set('a')]) });
    expect(made.status).toBe(201);
    for (const decision of ['accept', 'reject']) {
      const answer = await model.post(`/v1/proposals/${made.body.proposal_id}/${decision}`, {});
      expect(answer).toMatchObject({ status: 403, body: { code: 'scope-missing' } });
    }
  });

  it('tells nothing of the draft to whoever may not read it', async () => {
    const workflow = await makeWorkflow(client, specOf([set('a', 'a secret')]));
    const path = `/v1/workflows/${workflow}/proposals`;
    const key = { name: 'Model', scopes: ['workflows:propose'] };
    const model = client.as((await client.post('/v1/api-keys', key)).body.key);

    const made = await model.post(path, { summary: 'Mine', spec: specOf([set('b')]) });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/proposals/${made.body.proposal_id}`);
    const { spec: _spec, patch: _patch, ...whole } = await proposalOf(made.body.proposal_id);
    const { changed_nodes: _nodes, draft_revision: _revision, is_stale: _stale, ...rest } = whole;
    const { draft_patch: _draftPatch, conflicts: _conflicts, report: _report, ...alone } = rest;
    expect(made.body).toEqual(alone);

    for (const patch of [
      [{ op: 'add', path: '/nodes/-', value: set('b') }],
      // The error of the node names it.
      [
        { op: 'copy', from: '/nodes/0/value', path: '/nodes/0/id' },
        { op: 'add', path: '/nodes/0/unknown', value: 1 },
      ],
    ]) {
      const refused = await model.post(path, { summary: 'Read', patch });
      expect(refused).toMatchObject({ status: 403, body: { code: 'scope-missing' } });
      expect(JSON.stringify(refused.body)).not.toContain('a secret');
    }
  });

  it('changes nothing by itself; it shows what it would change', async () => {
    const workflow = await makeWorkflow(client, spec);
    const proposed = specOf([set('a', '${nobody}'), set('c')]);
    const { status, body, headers } = await client.post(`/v1/workflows/${workflow}/proposals`, {
      summary: 'Another b',
      spec: proposed,
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/proposals/${body.proposal_id}`);
    expect(body).toMatchObject({
      workflow_id: workflow,
      summary: 'Another b',
      status: 'pending',
      reason: null,
      base_revision: 1,
      created_by: 'admin',
      decided_at: null,
      spec: proposed,
      changed_nodes: { added: ['c'], changed: ['a'], removed: ['b'] },
      draft_revision: 1,
      is_stale: false,
      conflicts: [],
      report: { ok: false, errors: [{ code: 'expression-unknown-name', node_id: 'a', pointer: '/nodes/0/value' }] },
    });
    expect(patchedByClient(spec, body.patch)).toEqual(proposed);
    expect(body.draft_patch).toEqual(body.patch);
    expect(await proposalOf(body.proposal_id)).toEqual(body);
    expect(await draftOf(workflow)).toMatchObject({ revision: 1, spec });
  });

  it('can be a patch, and be repeated with the same key', async () => {
    const workflow = await makeWorkflow(client, spec);
    const request = { summary: 'One more', patch: [{ op: 'add', path: '/nodes/-', value: set('c') }] };
    const once = await client.post(`/v1/workflows/${workflow}/proposals`, request, { 'idempotency-key': 'once' });
    const again = await client.post(`/v1/workflows/${workflow}/proposals`, request, { 'idempotency-key': 'once' });
    expect(again.body).toEqual(once.body);
    expect(once.body.spec).toEqual(specOf([set('a'), set('b'), set('c')]));
    expect((await client.get(`/v1/workflows/${workflow}/proposals`)).body.items).toHaveLength(1);
  });

  it.each<[what: string, body: object, status: number, code: string]>([
    ['no summary', { spec: specOf([]) }, 400, 'request-invalid'],
    ['a blank summary', { summary: ' ', spec: specOf([]) }, 400, 'request-invalid'],
    ['neither spec nor patch', { summary: 'x' }, 400, 'draft-change-ambiguous'],
    ['both', { summary: 'x', spec, patch: [] }, 400, 'draft-change-ambiguous'],
    ['a base of 0', { summary: 'x', spec, base_revision: 0 }, 400, 'request-invalid'],
    ['an unknown field', { summary: 'x', spec, force: true }, 400, 'unknown-field'],
    ['a base to come', { summary: 'x', spec: specOf([]), base_revision: 2 }, 409, 'draft-revision-stale'],
    ['no change', { summary: 'x', spec }, 422, 'proposal-empty'],
    ['a patch that does not fit', { summary: 'x', patch: [{ op: 'remove', path: '/x' }] }, 422, 'patch-invalid'],
    ['a shape that no draft has', { summary: 'x', spec: { ...spec, force: 1 } }, 422, 'spec-invalid'],
    [
      'a spec that is too large',
      { summary: 'x', spec: specOf([set('a', 'x'.repeat(limits.specBytes))]) },
      422,
      'spec-invalid',
    ],
  ])('is refused with %s', async (_what, body, status, code) => {
    const workflow = await makeWorkflow(client, spec);
    const answer = await client.post(`/v1/workflows/${workflow}/proposals`, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect((await client.get(`/v1/workflows/${workflow}/proposals`)).body.items).toEqual([]);
  });

  it('is one of twenty at most that are pending, also when many come at once', async () => {
    const workflow = await makeWorkflow(client, spec);
    const statuses = await Promise.all(
      Array.from({ length: limits.pendingProposals + 5 }, async (_, index) => {
        const body = { summary: 'x', spec: specOf([set('a', index + 2)]) };
        return (await client.post(`/v1/workflows/${workflow}/proposals`, body)).status;
      }),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(limits.pendingProposals);
    const page = (await client.get(`/v1/workflows/${workflow}/proposals?limit=100`)).body;
    expect(page.items).toHaveLength(limits.pendingProposals);
    await client.post(`/v1/proposals/${page.items[0].proposal_id}/reject`, {});
    await propose(workflow, specOf([]));
  });

  it('goes with its workflow', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([]));
    await client.delete(`/v1/workflows/${workflow}`);
    expect((await client.get(`/v1/proposals/${id}`)).status).toBe(404);
  });
});

describe('the list of proposals', () => {
  it('has the newest first, without specs, page by page and by status', async () => {
    const workflow = await makeWorkflow(client, spec);
    const ids: string[] = [];
    for (let value = 2; value < 6; value++)
      ids.unshift((await propose(workflow, specOf([set('a', value)]))).proposal_id);
    await client.post(`/v1/proposals/${ids[1]}/reject`, {});
    const path = `/v1/workflows/${workflow}/proposals`;
    const first = (await client.get(`${path}?limit=3`)).body;
    const rest = (await client.get(`${path}?limit=3&cursor=${first.next_cursor}`)).body;
    expect([...first.items, ...rest.items].map((item) => item.proposal_id)).toEqual(ids);
    expect(first.items[0]).not.toHaveProperty('spec');
    expect((await client.get(`${path}?status=rejected`)).body.items).toMatchObject([{ proposal_id: ids[1] }]);
    expect((await client.get(`${path}?status=accepted`)).body.items).toEqual([]);
    expect((await client.get(`${path}?status=lost`)).status).toBe(400);
    expect((await client.get(`${path}?status=pending&cursor=${first.next_cursor}`)).body.code).toBe('cursor-invalid');
  });
});

describe('accepting a proposal', () => {
  it('makes it the next revision of the draft, once', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([set('c')]));
    const { status, body } = await accept(id);
    expect(status).toBe(200);
    expect(body).toEqual({
      proposal: expect.objectContaining({ proposal_id: id, status: 'accepted', decided_at: expect.any(String) }),
      draft: await draftOf(workflow),
      superseded: [],
    });
    expect(body.draft).toMatchObject({ revision: 2, spec: specOf([set('c')]) });
    for (const decision of ['accept', 'reject']) {
      const again = await client.post(`/v1/proposals/${id}/${decision}`, {});
      expect(again).toMatchObject({ status: 409, body: { code: 'proposal-decided' } });
      expect(again.body.detail).toContain('is accepted');
    }
    expect(await proposalOf(id)).toMatchObject({ draft_patch: null, conflicts: [], is_stale: true });
  });

  it('is refused when the draft has changed, with what changed, until that is seen', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([set('a'), set('b', 2), set('c')]));
    await edit(workflow, specOf([set('a', 'edited'), set('b')]));

    const refused = await accept(id);
    expect(refused).toMatchObject({ status: 409, body: { code: 'draft-revision-stale', current_revision: 2 } });
    expect(patchedByClient(spec, refused.body.patch)).toEqual(specOf([set('a', 'edited'), set('b')]));
    const shown = await proposalOf(id);
    expect(shown).toMatchObject({ status: 'pending', is_stale: true, draft_revision: 2, conflicts: [] });
    const together = specOf([set('a', 'edited'), set('b', 2), set('c')]);
    expect(patchedByClient(specOf([set('a', 'edited'), set('b')]), shown.draft_patch)).toEqual(together);

    expect((await accept(id, { base_revision: 1 })).status).toBe(409);
    const { status, body } = await accept(id, { base_revision: 2 });
    expect([status, body.draft.revision, body.draft.spec]).toEqual([200, 3, together]);
  });

  it('never overwrites what the draft has changed in the same place', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([set('a', 2), set('b')]));
    await edit(workflow, specOf([set('new'), set('a', 3), set('b')]));
    expect(await proposalOf(id)).toMatchObject({ conflicts: ['/nodes/1/value'], draft_patch: null });
    const { status, body } = await accept(id, { base_revision: 2 });
    expect([status, body.code]).toEqual([409, 'proposal-conflict']);
    expect(body.errors).toMatchObject([{ pointer: '/nodes/1/value' }]);
    expect(await draftOf(workflow)).toMatchObject({ revision: 2, spec: specOf([set('new'), set('a', 3), set('b')]) });
    expect((await proposalOf(id)).status).toBe('pending');
  });

  it('is refused when both together are no draft', async () => {
    const workflow = await makeWorkflow(client, specOf([]));
    const half = 'x'.repeat(limits.specBytes / 2);
    const { proposal_id: id } = await propose(workflow, specOf([], { output: half }));
    await edit(workflow, specOf([set('a', half)]));
    const { status, body } = await accept(id, { base_revision: 2 });
    expect([status, body.errors[0].code]).toEqual([422, 'spec-too-large']);
    expect((await proposalOf(id)).status).toBe('pending');
  });

  it('supersedes what does not go together with it, and what it says too, and nothing else', async () => {
    const workflow = await makeWorkflow(client, spec);
    const chosen = await propose(workflow, specOf([set('a', 2), set('b')]));
    const rival = await propose(workflow, specOf([set('a', 3), set('b')]));
    const same = await propose(workflow, specOf([set('a', 2), set('b')]));
    const beside = await propose(workflow, specOf([set('a'), set('b', 9)]));
    const { body } = await accept(chosen.proposal_id);
    expect(body.superseded.toSorted()).toEqual([rival.proposal_id, same.proposal_id].toSorted());
    expect(await proposalOf(rival.proposal_id)).toMatchObject({ status: 'superseded', decided_at: expect.any(String) });
    expect(await proposalOf(beside.proposal_id)).toMatchObject({ status: 'pending', is_stale: true });
    expect((await accept(rival.proposal_id, { base_revision: 2 })).body.code).toBe('proposal-decided');
    expect((await accept(beside.proposal_id, { base_revision: 2 })).body.draft.spec).toEqual(
      specOf([set('a', 2), set('b', 9)]),
    );
  });

  it('knows what it was made of, however often the draft has changed since', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([set('a'), set('b', 2)]));
    // As if it had changed a hundred times: the next change forgets what is older.
    const database = await connect(seer.databaseUrl);
    await database.query(
      `update workflow_draft set revision = 150 where 'wf_' || (select workflow_id from workflow w where w.id = workflow_draft.workflow_id) = $1`,
      [workflow],
    );
    await edit(workflow, specOf([set('a', 'edited'), set('b')]));
    const kept = async () =>
      (
        await database.query(
          `select revision from workflow_draft_revision r join workflow w on w.id = r.workflow_id
            where 'wf_' || w.workflow_id = $1 order by 1`,
          [workflow],
        )
      ).rows.map(({ revision }: { revision: number }) => revision);
    expect(await kept()).toEqual([1, 151]);
    const { status, body } = await accept(id, { base_revision: 151 });
    expect([status, body.draft?.spec]).toEqual([200, specOf([set('a', 'edited'), set('b', 2)])]);
    await edit(workflow, spec);
    expect(await kept()).toEqual([151, 152, 153]);
    expect(await proposalOf(id)).toMatchObject({ patch: null, changed_nodes: null });
    await database.end();
  });

  it('is won by one of many who do it at once', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([set('a', 2)]));
    const answers = await Promise.all([
      ...Array.from({ length: 8 }, () => accept(id)),
      ...Array.from({ length: 4 }, () => client.post(`/v1/proposals/${id}/reject`, { reason: 'no' })),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'proposal-decided')).toHaveLength(11);
    const { status } = await proposalOf(id);
    expect(await draftOf(workflow)).toMatchObject({ revision: status === 'accepted' ? 2 : 1 });
  });

  it('and changing the draft at once: one of both happens first, and the other is told', async () => {
    for (let time = 0; time < 10; time++) {
      const workflow = await makeWorkflow(client, spec);
      const { proposal_id: id } = await propose(workflow, specOf([set('a', 2)]));
      const change = { base_revision: 1, spec: specOf([set('a', 3)]) };
      const [accepted, changed] = await Promise.all([
        accept(id),
        client.patch(`/v1/workflows/${workflow}/draft`, change),
      ]);
      expect([accepted.status, changed.status].toSorted()).toEqual([200, 409]);
      const draft = await draftOf(workflow);
      expect(draft.revision).toBe(2);
      expect(draft.spec).toEqual(specOf([set('a', accepted.status === 200 ? 2 : 3)]));
      expect((await proposalOf(id)).status).toBe(accepted.status === 200 ? 'accepted' : 'pending');
    }
  });
});

describe('rejecting a proposal', () => {
  it('says why, and changes nothing', async () => {
    const workflow = await makeWorkflow(client, spec);
    const { proposal_id: id } = await propose(workflow, specOf([]));
    const { status, body } = await client.post(`/v1/proposals/${id}/reject`, { reason: 'Not now' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'rejected', reason: 'Not now', decided_at: expect.any(String) });
    expect((await draftOf(workflow)).revision).toBe(1);
    expect((await accept(id)).body.code).toBe('proposal-decided');
  });
});

describe('changed nodes', () => {
  it('are named where they stand, not what they stand in', async () => {
    const branch = (then: unknown[]) =>
      specOf([{ id: 'check', type: 'if', condition: 'true', then, else: [] }, set('z')]);
    const workflow = await makeWorkflow(client, branch([set('a'), set('b')]));
    const nodesOf = async (proposed: JsonObject) => (await propose(workflow, proposed)).changed_nodes;
    expect(await nodesOf(branch([set('a', 2), set('b')]))).toEqual({ added: [], changed: ['a'], removed: [] });
    expect(await nodesOf(branch([set('a')]))).toEqual({ added: [], changed: ['check'], removed: ['b'] });
    expect(await nodesOf(specOf([set('x')]))).toEqual({ added: ['x'], changed: [], removed: ['check', 'a', 'b', 'z'] });
  });
});
