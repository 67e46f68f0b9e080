import { type WorkflowPage, type WorkflowResponse } from '../src/workflows/workflow.dto.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makePublished, makeWorkflow, specOf } from './support/factories.js';

let seer: TestApp;
let client: Client;

beforeAll(async () => {
  seer = await startApp();
  client = seer.admin;
});

afterAll(() => seer.close());

const spec = specOf([{ id: 'a', type: 'set', value: 1 }]);
const newUser = async (): Promise<Client> => client.as((await makeCaller(seer.app)).token);

/** Every route of authoring that names a workflow. */
const routes: readonly [method: string, path: string, body?: object][] = [
  ['GET', ''],
  ['PATCH', '', { name: 'Mine now' }],
  ['DELETE', ''],
  ['GET', '/graph'],
  ['GET', '/graph?format=mermaid'],
  ['GET', '/draft'],
  ['PATCH', '/draft', { base_revision: 1, spec }],
  ['POST', '/draft/validate'],
  ['GET', '/export'],
  ['POST', '/versions', {}],
  ['GET', '/versions'],
  ['GET', '/versions/1'],
  ['GET', '/versions/1/diff?against=1'],
  ['POST', '/versions/1/publish'],
  ['POST', '/versions/1/restore', {}],
  ['POST', '/publish', {}],
  ['POST', '/unpublish'],
];

/** Texts that an array of PostgreSQL takes for something else, without quotes or with those of JSON. */
const awkward = ['null', 'NULL', ' a ', 'new\nline', '"q"', 'back\\slash', '{,}', '\u0001'];

describe('a workflow', () => {
  it('is refused to a stranger on every route', async () => {
    expect((await seer.stranger.post('/v1/workflows', { name: 'A' })).status).toBe(401);
    expect((await seer.stranger.get('/v1/workflows')).status).toBe(401);
    for (const [method, path, body] of routes) {
      const { status } = await seer.stranger.call(method, `/v1/workflows/wf_x${path}`, body);
      expect([method, path, status]).toEqual([method, path, 401]);
    }
  });

  it('of another user looks like an unknown one on every route', async () => {
    const owner = await newUser();
    const id = await makePublished(owner, spec);
    const other = await newUser();
    const unknown = 'wf_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';
    for (const [method, path, body] of routes) {
      const [foreign, none, malformed] = await Promise.all(
        [id, unknown, 'res_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b'].map((name) =>
          other.call<any>(method, `/v1/workflows/${name}${path}`, body),
        ),
      );
      const said = (answer: typeof foreign, name: string) =>
        JSON.stringify({ ...answer!.body, request_id: '' }).replaceAll(name, 'ID');
      expect([method, path, foreign!.status, foreign!.body.code]).toEqual([method, path, 404, 'workflow-not-found']);
      expect(said(none, unknown)).toBe(said(foreign, id));
      expect(malformed!.body.code).toBe('workflow-not-found');
    }
    expect((await owner.get(`/v1/workflows/${id}`)).body).toMatchObject({ name: 'Test', published_version: 1 });
  });

  it('needs the scope for writing to be changed', async () => {
    const reader = client.as((await makeCaller(seer.app, { scopes: ['workflows:read'] })).token);
    expect((await reader.post('/v1/workflows', { name: 'A' })).status).toBe(403);
    for (const [method, path, body] of routes) {
      const reads = method === 'GET' || path.endsWith('validate');
      const { status } = await reader.call(method, `/v1/workflows/wf_x${path}`, body);
      expect([method, path, status]).toEqual([method, path, reads ? 404 : 403]);
    }
  });
});

describe('POST /v1/workflows', () => {
  it('creates a workflow with an empty draft', async () => {
    const { status, body, headers } = await client.post('/v1/workflows', { name: 'Rain alert' });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/workflows/${body.workflow_id}`);
    expect(body).toEqual({
      workflow_id: expect.stringMatching(/^wf_[0-9a-f-]{36}$/),
      name: 'Rain alert',
      description: '',
      tags: [],
      draft_revision: 1,
      published_version: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: body.created_at,
    });
    expect((await client.get(headers.get('location')!)).body).toEqual(body);
    const draft = await client.get(`/v1/workflows/${body.workflow_id}/draft`);
    expect(draft.body).toMatchObject({ spec: { version: '1', nodes: [] }, revision: 1 });
  });

  it('keeps what it is given', async () => {
    const given = { name: '雨 ☂ "alert"', description: 'Mails\nme', tags: [...awkward, 'été'] };
    const { body } = await client.post('/v1/workflows', { ...given, spec });
    expect((await client.get(`/v1/workflows/${body.workflow_id}`)).body).toMatchObject(given);
    expect((await client.get(`/v1/workflows/${body.workflow_id}/draft`)).body.spec).toEqual(spec);
  });

  it.each<[what: string, body: object, pointer: string, code: string]>([
    ['no name', {}, '/name', 'is-string'],
    ['an empty name', { name: '' }, '/name', 'is-length'],
    ['a blank name', { name: ' \n ' }, '/name', 'matches'],
    ['a long name', { name: 'n'.repeat(256) }, '/name', 'is-length'],
    ['a name that is null', { name: null }, '/name', 'is-string'],
    ['a name that is a number', { name: 1 }, '/name', 'is-string'],
    ['NUL in a name', { name: 'a\0b' }, '/name', 'nul-character'],
    ['a long description', { name: 'A', description: 'd'.repeat(10_001) }, '/description', 'max-length'],
    ['a description that is null', { name: 'A', description: null }, '/description', 'is-string'],
    ['tags that are no list', { name: 'A', tags: 'weather' }, '/tags', 'is-array'],
    ['tags that are null', { name: 'A', tags: null }, '/tags', 'is-array'],
    ['a tag twice', { name: 'A', tags: ['a', 'a'] }, '/tags', 'array-unique'],
    ['an empty tag', { name: 'A', tags: [''] }, '/tags', 'is-length'],
    ['a tag that is a number', { name: 'A', tags: [1] }, '/tags', 'is-string'],
    ['too many tags', { name: 'A', tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }, '/tags', 'array-max-size'],
    ['an unknown field', { name: 'A', owner: 'me' }, '/owner', 'unknown-field'],
    ['an id', { name: 'A', workflow_id: 'wf_x' }, '/workflow_id', 'unknown-field'],
    ['a spec that is a list', { name: 'A', spec: [] }, '/spec', 'is-object'],
    ['a spec that is null', { name: 'A', spec: null }, '/spec', 'is-object'],
  ])('refuses %s', async (_what, given, pointer, code) => {
    const { status, body } = await client.post('/v1/workflows', given);
    expect(status).toBe(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ pointer, code }));
  });

  it('refuses a spec of the wrong shape, and creates nothing', async () => {
    const mine = await newUser();
    const { status, body } = await mine.post('/v1/workflows', { name: 'A', spec: { nodes: 5 } });
    expect([status, body.code]).toEqual([422, 'spec-invalid']);
    expect(body.errors).toMatchObject([{ pointer: '/spec/nodes', code: 'wrong-type' }]);
    expect((await mine.get('/v1/workflows')).body.items).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  const create = (asker: Client, key: string, name = 'Once') =>
    asker.post<WorkflowResponse>('/v1/workflows', { name }, { 'idempotency-key': key });

  it('gives the first answer again', async () => {
    const mine = await newUser();
    const first = await create(mine, 'k1');
    const again = await create(mine, 'k1');
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await mine.get('/v1/workflows')).body.items).toHaveLength(1);
  });

  it('is refused for another body', async () => {
    const mine = await newUser();
    await create(mine, 'k1');
    const { status, body } = await mine.post('/v1/workflows', { name: 'Other' }, { 'idempotency-key': 'k1' });
    expect([status, body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('belongs to one user', async () => {
    const [mine, other] = [await newUser(), await newUser()];
    const { body: first } = await create(mine, 'k1');
    const { body: second } = await create(other, 'k1');
    expect(second.workflow_id).not.toBe(first.workflow_id);
  });

  it('makes one workflow of twenty requests at once', async () => {
    const mine = await newUser();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(mine, 'k1')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.workflow_id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect((await mine.get('/v1/workflows')).body.items).toHaveLength(1);
  });
});

describe('GET /v1/workflows', () => {
  it('goes through all, newest first, page by page', async () => {
    const mine = await newUser();
    const made: string[] = [];
    for (let n = 0; n < 7; n++) made.unshift(await makeWorkflow(mine, spec, `Workflow ${n}`));
    const pages: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/v1/workflows?limit=3${cursor && `&cursor=${cursor}`}`;
      const { body }: { body: WorkflowPage } = await mine.get(path);
      pages.push(body.items.map(({ workflow_id: id }) => id));
      cursor = body.next_cursor;
    }
    expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
    expect(pages.flat()).toEqual(made);
  });

  it('has no further page after a full last one', async () => {
    const mine = await newUser();
    await makeWorkflow(mine, spec);
    expect((await mine.get('/v1/workflows?limit=1')).body.next_cursor).toBeNull();
  });

  it('shows revision and published version of each', async () => {
    const mine = await newUser();
    await makePublished(mine, spec);
    const edited = await makeWorkflow(mine, spec);
    await mine.patch(`/v1/workflows/${edited}/draft`, { base_revision: 1, spec: specOf([]) });
    const { body } = await mine.get<WorkflowPage>('/v1/workflows');
    expect(body.items.map((one) => [one.draft_revision, one.published_version])).toEqual([
      [2, null],
      [1, 1],
    ]);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'page=2'])('refuses ?%s', async (query) => {
    expect((await client.get(`/v1/workflows?${query}`)).status).toBe(400);
  });

  it("refuses another user's cursor", async () => {
    const mine = await newUser();
    await makeWorkflow(mine, spec);
    await makeWorkflow(mine, spec);
    const { body } = await mine.get('/v1/workflows?limit=1');
    expect((await mine.get(`/v1/workflows?cursor=${body.next_cursor}`)).body.items).toHaveLength(1);
    const { status, body: problem } = await client.get(`/v1/workflows?cursor=${body.next_cursor}`);
    expect([status, problem.code]).toEqual([400, 'cursor-invalid']);
  });
});

describe('PATCH /v1/workflows/{id}', () => {
  it('changes what it names and nothing else', async () => {
    const { body: before } = await client.post('/v1/workflows', { name: 'A', description: 'd', tags: ['x'] });
    const { status, body } = await client.patch(`/v1/workflows/${before.workflow_id}`, { name: 'B' });
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, name: 'B', updated_at: body.updated_at });
    expect(body.updated_at >= before.updated_at).toBe(true);
    const { body: cleared } = await client.patch(`/v1/workflows/${before.workflow_id}`, { description: '', tags: [] });
    expect(cleared).toMatchObject({ name: 'B', description: '', tags: [] });
    expect((await client.get(`/v1/workflows/${before.workflow_id}`)).body).toEqual(cleared);
  });

  it.each([
    { name: null },
    { name: '' },
    { description: null },
    { tags: null },
    { spec: {} },
    { published_version: 1 },
  ])('refuses %j', async (change) => {
    const id = await makeWorkflow(client, spec);
    expect((await client.patch(`/v1/workflows/${id}`, change)).status).toBe(400);
  });
});

describe('DELETE /v1/workflows/{id}', () => {
  it('takes all that belongs to it along', async () => {
    const mine = await newUser();
    const id = await makePublished(mine, spec);
    await mine.post(`/v1/workflows/${id}/runs?mode=sync`, {});
    expect((await mine.delete(`/v1/workflows/${id}`)).status).toBe(204);
    expect((await mine.get(`/v1/workflows/${id}`)).status).toBe(404);
    expect((await mine.delete(`/v1/workflows/${id}`)).status).toBe(404);
    const database = await connect(seer.databaseUrl);
    try {
      for (const table of ['workflow_draft', 'workflow_draft_revision', 'workflow_version', 'workflow_run']) {
        const { rows } = await database.query(
          `select count(*)::int as n from ${table} where workflow_id is not null and workflow_id not in (select id from workflow)`,
        );
        expect([table, rows[0].n]).toEqual([table, 0]);
      }
    } finally {
      await database.end();
    }
  });

  it('leaves no half done work when it meets edits', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await makeWorkflow(client, spec);
      const answers = await Promise.all([
        client.patch(`/v1/workflows/${id}/draft`, { base_revision: 1, spec: specOf([]) }),
        client.patch(`/v1/workflows/${id}`, { name: 'B' }),
        client.delete(`/v1/workflows/${id}`),
        client.post(`/v1/workflows/${id}/publish`, {}),
        client.get(`/v1/workflows/${id}`),
      ]);
      for (const { status } of answers) expect([200, 204, 404, 422]).toContain(status);
      expect((await client.get(`/v1/workflows/${id}`)).status).toBe(404);
    }
  });
});

describe('GET /v1/workflows/{id}/graph', () => {
  it('gives nodes and edges, or Mermaid', async () => {
    const id = await makeWorkflow(client, specOf([...(spec.nodes as object[]), { id: 'b', type: 'stop' }]));
    const { body } = await client.get(`/v1/workflows/${id}/graph`);
    expect(body.nodes.map((node: { id: string }) => node.id)).toEqual(['a', 'b']);
    expect(body.edges).toEqual([{ source: 'a', target: 'b', label: null }]);
    const mermaid = await client.get(`/v1/workflows/${id}/graph?format=mermaid`);
    expect(mermaid.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(mermaid.body).toMatch(/^flowchart TD\n/);
  });

  it('refuses another format', async () => {
    const id = await makeWorkflow(client, spec);
    expect((await client.get(`/v1/workflows/${id}/graph?format=svg`)).status).toBe(400);
  });
});
