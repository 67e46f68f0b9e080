import { createHash } from 'node:crypto';
import { type Json } from '../src/common/json.js';
import { type VersionPage } from '../src/workflows/workflow-version.dto.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makePublished, makeWorkflow, specOf } from './support/factories.js';
import { patchedByClient } from './support/json-patch.js';

let seer: TestApp;
let client: Client;
let database: Awaited<ReturnType<typeof connect>>;

beforeAll(async () => {
  seer = await startApp();
  client = seer.admin;
  database = await connect(seer.databaseUrl);
});

afterAll(async () => {
  await database.end();
  await seer.close();
});

const specNo = (n: unknown) => specOf([{ id: 'a', type: 'set', value: n }]);
const freeze = (id: string, body: object = {}) => client.post(`/v1/workflows/${id}/versions`, body);
const publish = (id: string, number: number) => client.post(`/v1/workflows/${id}/versions/${number}/publish`);

/** Makes `n` the spec of the draft, whatever it was. */
async function edit(id: string, n: unknown): Promise<void> {
  const { body } = await client.get(`/v1/workflows/${id}/draft`);
  await client.patch(`/v1/workflows/${id}/draft`, { base_revision: body.revision, spec: specNo(n) });
}

/** A workflow with as many versions, none published. */
async function withVersions(count: number): Promise<string> {
  const id = await makeWorkflow(client, specNo(1));
  await freeze(id);
  for (let n = 2; n <= count; n++) {
    await edit(id, n);
    await freeze(id);
  }
  return id;
}

/** What the database holds, behind the API. */
async function stored(id: string): Promise<{ statuses: string[]; published: number | null }> {
  const { rows } = await database.query<{ version_number: number; status: string; is_published: boolean | null }>(
    `select v.version_number, v.status, v.id = w.published_version_id as is_published
     from workflow w join workflow_version v on v.workflow_id = w.id where w.workflow_id = $1 order by 1`,
    [id.slice(3)],
  );
  return {
    statuses: rows.map(({ status }) => status),
    published: rows.find((row) => row.is_published)?.version_number ?? null,
  };
}

/** RFC 8785, by hand: keys in the order of their UTF-16 code units, no white space. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`;
}

describe('versions', () => {
  it('are refused to a stranger', async () => {
    const path = '/v1/workflows/wf_x';
    for (const [method, route] of [
      ['GET', '/versions'],
      ['POST', '/versions'],
      ['GET', '/versions/1'],
      ['POST', '/versions/1/publish'],
      ['POST', '/versions/1/restore'],
      ['GET', '/versions/1/diff?against=2'],
      ['POST', '/publish'],
      ['POST', '/unpublish'],
    ] as const) {
      expect((await seer.stranger.call(method, path + route)).status).toBe(401);
    }
  });

  it.each(['0', '-1', '1.5', 'abc', 'NaN', '%20', '1e3', '2147483648', '99999999999999999999', '2'])(
    'have no number %s: 404 on every route',
    async (number) => {
      const id = await withVersions(1);
      for (const [method, route] of [
        ['GET', ''],
        ['POST', '/publish'],
        ['POST', '/restore'],
        ['GET', '/diff?against=1'],
      ] as const) {
        const { status, body } = await client.call<any>(method, `/v1/workflows/${id}/versions/${number}${route}`);
        expect([route, status, body.code]).toEqual([route, 404, 'version-not-found']);
      }
    },
  );
});

describe('POST /v1/workflows/{id}/versions', () => {
  it('freezes the draft: 201, and 200 with the same one while the draft is the same', async () => {
    const { token, user } = await makeCaller(seer.app);
    const mine = client.as(token);
    const id = await makeWorkflow(mine, specNo(1));
    const { status, body, headers } = await mine.post(`/v1/workflows/${id}/versions`);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/workflows/${id}/versions/1`);
    expect(body).toEqual({
      workflow_id: id,
      version_number: 1,
      status: 'DRAFT',
      spec_hash: createHash('sha256')
        .update(canonical(specNo(1)))
        .digest('hex'),
      created_from_draft_revision: 1,
      created_by: user.userId,
      created_at: expect.any(String),
      published_at: null,
    });
    const again = await mine.post(`/v1/workflows/${id}/versions`, {});
    expect([again.status, again.body]).toEqual([200, body]);
    expect((await mine.get(`/v1/workflows/${id}/versions/1`)).body).toEqual({ ...body, spec: specNo(1) });
  });

  it('knows a spec by its content, whatever came between', async () => {
    const id = await makeWorkflow(client, specNo({ b: 1, a: [1.0, 'é'] }));
    const { body: first } = await freeze(id);
    await edit(id, 2);
    await freeze(id);
    await edit(id, { a: [1, 'é'], b: 1 });
    const { status, body } = await freeze(id);
    expect([status, body]).toEqual([200, first]);
  });

  it.each([
    ['text', 'a"b\\c\u{1f600}\u20ac\u000f\n'],
    ['numbers', [1e21, 1e-7, 0.1, -0, 333333333.33333329, 4.5, 2e-3, 1e30, 9007199254740991]],
    ['keys', { '€': 1, '\r': 2, דּ: 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 }],
  ])('hashes %s as RFC 8785 says', async (_what, value) => {
    const id = await makeWorkflow(client, specNo(value));
    const { body } = await freeze(id);
    const { body: version } = await client.get(`/v1/workflows/${id}/versions/1`);
    expect(body.spec_hash).toBe(createHash('sha256').update(canonical(version.spec)).digest('hex'));
    expect(canonical(version.spec)).toBe(canonical(JSON.parse(JSON.stringify(specNo(value))) as Json));
  });

  it('refuses a stale base, and takes the current one', async () => {
    const id = await withVersions(1);
    await edit(id, 2);
    const { status, body } = await freeze(id, { base_revision: 1 });
    expect([status, body.code, body.current_revision]).toEqual([409, 'draft-revision-stale', 2]);
    expect((await freeze(id, { base_revision: 2 })).status).toBe(201);
    expect((await freeze(id, { base_revision: null })).status).toBe(400);
  });

  it('makes one version of twenty requests at once', async () => {
    const id = await makeWorkflow(client, specNo(1));
    const answers = await Promise.all(Array.from({ length: 20 }, () => freeze(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.version_number))).toEqual(new Set([1]));
  });

  it('counts without gaps while twenty edit and freeze at once', async () => {
    const id = await makeWorkflow(client, specNo(0));
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        await edit(id, n + 1);
        await freeze(id);
      }),
    );
    const { rows } = await database.query<{ n: number }>(
      `select version_number as n from workflow_version v join workflow w on w.id = v.workflow_id
       where w.workflow_id = $1 order by 1`,
      [id.slice(3)],
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ n }) => n)).toEqual(rows.map((_, index) => index + 1));
  });
});

describe('GET /v1/workflows/{id}/versions', () => {
  it('lists them, newest first, page by page and without specs', async () => {
    const id = await withVersions(5);
    const numbers: number[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/v1/workflows/${id}/versions?limit=2${cursor && `&cursor=${cursor}`}`;
      const { body }: { body: VersionPage } = await client.get(path);
      numbers.push(body.items.map((version) => version.version_number));
      for (const item of body.items) expect(item).not.toHaveProperty('spec');
      cursor = body.next_cursor;
    }
    expect(numbers).toEqual([[5, 4], [3, 2], [1]]);
  });

  it('refuses the cursor of another workflow', async () => {
    const [one, other] = [await withVersions(2), await withVersions(2)];
    const { body } = await client.get(`/v1/workflows/${one}/versions?limit=1`);
    const { status } = await client.get(`/v1/workflows/${other}/versions?cursor=${body.next_cursor}`);
    expect(status).toBe(400);
  });
});

describe('publishing', () => {
  it('the draft freezes it, and answers with the report', async () => {
    const id = await makeWorkflow(client, specNo(1));
    const { status, body } = await client.post(`/v1/workflows/${id}/publish`);
    expect(status).toBe(200);
    expect(body.version).toMatchObject({ version_number: 1, status: 'PUBLISHED', published_at: expect.any(String) });
    expect(body.report).toMatchObject({ ok: true, errors: [], bounds: { max_steps: 1 } });
    expect((await client.get(`/v1/workflows/${id}`)).body.published_version).toBe(1);
  });

  it('archives the one before, and an archived one can be published again', async () => {
    const id = await withVersions(2);
    await publish(id, 1);
    await publish(id, 2);
    expect(await stored(id)).toEqual({ statuses: ['ARCHIVED', 'PUBLISHED'], published: 2 });
    const { body } = await publish(id, 1);
    expect(body.version).toMatchObject({ version_number: 1, status: 'PUBLISHED' });
    expect(await stored(id)).toEqual({ statuses: ['PUBLISHED', 'ARCHIVED'], published: 1 });
    expect((await client.get(`/v1/workflows/${id}`)).body.published_version).toBe(1);
  });

  it('what is published already changes nothing', async () => {
    const id = await withVersions(1);
    const first = await publish(id, 1);
    const again = await publish(id, 1);
    expect([again.status, again.body]).toEqual([200, first.body]);
  });

  it('the draft of an archived version publishes that one', async () => {
    const id = await makePublished(client, specNo(1));
    await edit(id, 2);
    await client.post(`/v1/workflows/${id}/publish`, {});
    await edit(id, 1);
    const { body } = await client.post(`/v1/workflows/${id}/publish`, {});
    expect(body.version.version_number).toBe(1);
    expect(await stored(id)).toEqual({ statuses: ['PUBLISHED', 'ARCHIVED'], published: 1 });
  });

  it('a spec with errors is refused with each of them, and freezes nothing', async () => {
    const broken = specOf([
      { id: 'a', type: 'set', value: '${nobody}' },
      { id: 'a', type: 'if', condition: '1' },
    ]);
    const id = await makeWorkflow(client, broken);
    const { body: report } = await client.post(`/v1/workflows/${id}/draft/validate`);
    const { status, body } = await client.post(`/v1/workflows/${id}/publish`, {});
    expect([status, body.code]).toEqual([422, 'spec-invalid']);
    expect(body.errors.map(({ code, pointer, node_id }: any) => ({ code, pointer, node_id }))).toEqual(
      report.errors.map(({ code, pointer, node_id }: any) => ({ code, pointer, node_id })),
    );
    expect(await stored(id)).toEqual({ statuses: [], published: null });
    await freeze(id);
    expect((await publish(id, 1)).status).toBe(422);
    expect(await stored(id)).toEqual({ statuses: ['DRAFT'], published: null });
  });

  it('an empty workflow is refused', async () => {
    const id = await makeWorkflow(client, specOf([]));
    const { status, body } = await client.post(`/v1/workflows/${id}/publish`, {});
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: '/nodes', code: 'spec-empty' }]);
  });

  it('refuses a stale base', async () => {
    const id = await withVersions(2);
    const { status } = await client.post(`/v1/workflows/${id}/publish`, { base_revision: 1 });
    expect(status).toBe(409);
    expect(await stored(id)).toEqual({ statuses: ['DRAFT', 'DRAFT'], published: null });
  });

  it('leaves exactly one published, whoever publishes what at once', async () => {
    const id = await withVersions(4);
    for (let round = 0; round < 15; round++) {
      const answers = await Promise.all([1, 2, 3, 4].map((number) => publish(id, number)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const { statuses, published } = await stored(id);
      expect(statuses.filter((status) => status === 'PUBLISHED')).toHaveLength(1);
      expect(statuses.indexOf('PUBLISHED') + 1).toBe(published);
      expect((await client.get(`/v1/workflows/${id}`)).body.published_version).toBe(published);
    }
  });

  it('two versions is refused by the database itself', async () => {
    const id = await withVersions(2);
    await publish(id, 1);
    const both = database.query(
      `update workflow_version set status = 'PUBLISHED'
       where workflow_id = (select id from workflow where workflow_id = $1)`,
      [id.slice(3)],
    );
    await expect(both).rejects.toThrow(/workflow_version_one_published/);
  });
});

describe('POST /v1/workflows/{id}/unpublish', () => {
  it('archives what is published; a second time changes nothing', async () => {
    const id = await makePublished(client, specNo(1));
    for (const _time of ['first', 'second']) {
      const { status, body } = await client.post(`/v1/workflows/${id}/unpublish`);
      expect([status, body.workflow_id, body.published_version]).toEqual([200, id, null]);
      expect(await stored(id)).toEqual({ statuses: ['ARCHIVED'], published: null });
    }
    expect((await client.post(`/v1/workflows/${id}/runs`, {})).status).toBe(409);
    expect((await publish(id, 1)).status).toBe(200);
  });

  it('and publishing at once agree on what is published', async () => {
    const id = await withVersions(2);
    for (let round = 0; round < 10; round++) {
      await Promise.all([publish(id, 1), client.post(`/v1/workflows/${id}/unpublish`), publish(id, 2)]);
      const { statuses, published } = await stored(id);
      expect(statuses.indexOf('PUBLISHED') + 1).toBe(published ?? 0);
    }
  });
});

describe('POST /v1/workflows/{id}/versions/{n}/restore', () => {
  it('makes the spec of the version the draft again, as its next revision', async () => {
    const id = await withVersions(2);
    const { status, body } = await client.post(`/v1/workflows/${id}/versions/1/restore`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ workflow_id: id, spec: specNo(1), revision: 3 });
    expect((await client.get(`/v1/workflows/${id}/draft`)).body).toEqual(body);
    expect((await freeze(id)).body.version_number).toBe(1);
  });

  it('refuses a stale base', async () => {
    const id = await withVersions(2);
    const restore = (base: number) => client.post(`/v1/workflows/${id}/versions/1/restore`, { base_revision: base });
    expect((await restore(1)).status).toBe(409);
    expect((await restore(2)).status).toBe(200);
  });
});

describe('GET /v1/workflows/{id}/versions/{n}/diff', () => {
  it('gives a patch that makes one spec of the other', async () => {
    const [one, other] = [
      specOf([
        { id: 'a', type: 'set', value: { x: [1, 2, 3], y: 'z' } },
        { id: 'b', type: 'stop' },
      ]),
      specOf(
        [
          { id: 'b', type: 'stop' },
          { id: 'a', type: 'set', value: { x: [2, 4] } },
        ],
        { output: '${a.x}' },
      ),
    ];
    const id = await makeWorkflow(client, one);
    await freeze(id);
    await client.patch(`/v1/workflows/${id}/draft`, { base_revision: 1, spec: other });
    await freeze(id);
    for (const [from, to, start, end] of [
      [1, 2, one, other],
      [2, 1, other, one],
      [1, 1, one, one],
    ] as const) {
      const { status, body } = await client.get(`/v1/workflows/${id}/versions/${from}/diff?against=${to}`);
      expect([status, body.from, body.to]).toEqual([200, from, to]);
      expect(patchedByClient(start, body.patch)).toEqual(end);
    }
  });

  it.each([
    ['against=3', 404],
    ['against=0', 400],
    ['against=x', 400],
    ['', 400],
  ])('answers ?%s with %d', async (query, status) => {
    const id = await withVersions(1);
    expect((await client.get(`/v1/workflows/${id}/versions/1/diff?${query}`)).status).toBe(status);
  });
});
