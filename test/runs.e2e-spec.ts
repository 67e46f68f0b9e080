import { type RunPage } from '../src/workflows/runs/run.dto.js';
import { type Answer } from './support/answer.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect, createTestDatabase } from './support/database.js';
import { makePublished, makeWorkflow, runSpec, specOf } from './support/factories.js';

let seer: TestApp;
let client: Client;

beforeAll(async () => {
  seer = await startApp({ SEER_SYNC_WAIT_SECONDS: '1' });
  client = seer.admin;
});

const others: TestApp[] = [];

afterAll(() => Promise.all([seer, ...others].map((app) => app.close())));

/** Another process of the same installation. */
async function startOther(variables: Record<string, string>): Promise<TestApp> {
  const other = await startApp(variables, seer.databaseUrl);
  others.push(other);
  return other;
}

const doubler = specOf([{ id: 'double', type: 'set', value: '${inputs.n * 2}' }], {
  inputs: {
    type: 'object',
    required: ['n'],
    properties: { n: { type: 'integer' }, unit: { type: 'string', default: 'm' } },
  },
  output: { result: '${double}', unit: '${inputs.unit}' },
});
const slow = specOf([
  {
    id: 'again',
    type: 'repeat',
    until: 'false',
    max_iterations: 4,
    delay: '500ms',
    nodes: [{ id: 'tick', type: 'set', value: 1 }],
  },
]);

/** Asks until the run is over. */
async function ended(runId: string, asker = client) {
  for (const late = Date.now() + 15_000; Date.now() < late;) {
    const { body } = await asker.get(`/v1/runs/${runId}`);
    if (!['QUEUED', 'RUNNING'].includes(body.status)) return body;
  }
  throw new Error(`${runId} does not end`);
}

describe('POST /v1/workflows/{id}/runs', () => {
  it('refuses a stranger', async () => {
    expect((await seer.stranger.post('/v1/workflows/wf_x/runs', {})).status).toBe(401);
  });

  it('answers 202 at once, and the run goes on by itself', async () => {
    const id = await makePublished(client, doubler);
    const { status, body, headers } = await client.post(`/v1/workflows/${id}/runs`, { inputs: { n: 4 } });
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/runs/${body.run_id}`);
    expect(await ended(body.run_id)).toMatchObject({
      status: 'COMPLETED',
      workflow_id: id,
      version_number: 1,
      thread_id: body.run_id,
      source: 'MANUAL',
      inputs: { n: 4, unit: 'm' },
      outputs: { result: 8, unit: 'm' },
      error: null,
      attempt: 1,
    });
  });

  it('answers 200 with the end of the run when mode=sync, the same as it is read later', async () => {
    const id = await makePublished(client, doubler);
    const { status, body } = await client.post(`/v1/workflows/${id}/runs?mode=sync`, { inputs: { n: 4 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'COMPLETED', outputs: { result: 8, unit: 'm' } });
    expect((await client.get(`/v1/runs/${body.run_id}`)).body).toEqual(body);
    expect((await client.get(`/v1/runs/${body.run_id}/output`)).body).toEqual({
      status: 'COMPLETED',
      outputs: body.outputs,
    });
  });

  it('answers 202 when the wait limit passes; the run ends all the same', async () => {
    const { status, body } = await client.post('/v1/runs?mode=sync', { spec: slow });
    expect(status).toBe(202);
    expect(body.status).toBe('RUNNING');
    expect(await ended(body.run_id)).toMatchObject({ status: 'COMPLETED', outputs: 1 });
  });

  it('runs the published version, a number, or the draft', async () => {
    const id = await makePublished(client, doubler);
    const change = { base_revision: 1, spec: { ...doubler, output: 'new' } };
    await client.patch(`/v1/workflows/${id}/draft`, change);
    const run = async (version?: unknown) => {
      const body = { inputs: { n: 1 }, ...(version !== undefined && { version }) };
      return (await client.post(`/v1/workflows/${id}/runs?mode=sync`, body)).body;
    };
    expect(await run()).toMatchObject({ version_number: 1, outputs: { result: 2 } });
    expect(await run('published')).toMatchObject({ version_number: 1 });
    expect(await run('draft')).toMatchObject({ version_number: 2, outputs: 'new' });
    expect(await run(1)).toMatchObject({ version_number: 1 });
    expect(await run('draft')).toMatchObject({ version_number: 2 });
    expect(await run(7)).toMatchObject({ code: 'version-not-found', status: 404 });
    for (const wrong of ['newest', 0, -1, 1.5, {}, []]) expect(await run(wrong)).toMatchObject({ status: 400 });
    expect((await client.get(`/v1/workflows/${id}`)).body.published_version).toBe(1);
  });

  it('refuses a workflow of which nothing is published, or whose draft has errors', async () => {
    const id = await makeWorkflow(client, doubler);
    const unpublished = await client.post(`/v1/workflows/${id}/runs`, { inputs: { n: 1 } });
    expect(unpublished).toMatchObject({ status: 409, body: { code: 'workflow-not-published' } });
    const broken = await makeWorkflow(client, specOf([{ id: 'a', type: 'set', value: '${nobody}' }]));
    const answer = await client.post(`/v1/workflows/${broken}/runs`, { version: 'draft' });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'spec-invalid', errors: [{ code: 'expression-unknown-name' }] },
    });
  });

  it('names each input that does not satisfy the schema, and coerces none', async () => {
    const id = await makePublished(client, doubler);
    const { status, body } = await client.post(`/v1/workflows/${id}/runs`, { inputs: { n: '4', unit: 5 } });
    expect(status).toBe(422);
    expect(body.code).toBe('input-invalid');
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/inputs/n',
      '/inputs/unit',
    ]);
    const missing = await client.post(`/v1/workflows/${id}/runs`, {});
    expect(missing.body.errors).toMatchObject([{ pointer: '/inputs/n', code: 'missing-field' }]);
  });

  it('starts one run for one Idempotency-Key, however many requests come at once', async () => {
    const id = await makePublished(client, doubler);
    const path = `/v1/workflows/${id}/runs?mode=sync`;
    const send = (n: number) => client.post(path, { inputs: { n } }, { 'idempotency-key': 'once' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(3)));
    expect(new Set(answers.map(({ body }) => body.run_id ?? JSON.stringify(body)))).toEqual(
      new Set([answers[0]!.body.run_id]),
    );
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') !== 'true')).toHaveLength(1);
    expect(answers.every(({ body }) => body.outputs.result === 6)).toBe(true);
    expect(await send(4)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    const list = await client.get(`/v1/runs?workflow_id=${id}`);
    expect(list.body.items).toHaveLength(1);
  });
});

describe('a failed run', () => {
  it('says which node failed and how, and keeps its last step', async () => {
    const run = await runSpec(
      client,
      specOf([
        { id: 'first', type: 'set', value: 1 },
        { id: 'no', type: 'fail', message: 'No ${first} today' },
      ]),
    );
    expect(run).toMatchObject({
      status: 'FAILED',
      outputs: null,
      error: 'No 1 today',
      error_detail: { code: 'failed', node_id: 'no', path: 'no', attempt: 1 },
    });
    const { body } = await client.get(`/v1/runs/${run.run_id}/steps`);
    expect(body.items).toMatchObject([
      { node_id: 'first', status: 'COMPLETED', output: 1 },
      { node_id: 'no', status: 'FAILED', error: { code: 'failed', message: 'No 1 today' } },
    ]);
  });

  it('says so when only its output fails', async () => {
    const run = await runSpec(
      client,
      specOf([{ id: 'a', type: 'set', value: { b: 1 } }], { output: '${[a][int(inputs.i)]}' }),
      { i: 5 },
    );
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'expression-error' } });
  });

  it('ends with run-timeout when the time that it was given is over, if that is less than the workflow gives', async () => {
    const id = await makePublished(client, slow);
    const { body } = await client.post(`/v1/workflows/${id}/runs?mode=sync`, { config: { timeout: '20ms' } });
    expect(body).toMatchObject({
      status: 'FAILED',
      error_detail: { code: 'run-timeout' },
      config: { timeout: '20ms' },
    });
    expect((await client.post(`/v1/workflows/${id}/runs`, { config: { timeout: 'soon' } })).status).toBe(400);
  });

  it('ends with run-timeout when its time is over', async () => {
    const run = await runSpec(client, { ...slow, settings: { timeout: '200ms' } });
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'run-timeout' } });
  });
});

describe('GET /v1/runs', () => {
  it('shows own runs newest first, filtered, page by page', async () => {
    const mine = seer.stranger.as((await makeCaller(seer.app)).token);
    const id = await makePublished(mine, doubler);
    for (let n = 0; n < 5; n++) await mine.post(`/v1/workflows/${id}/runs?mode=sync`, { inputs: { n } });
    const failed = await runSpec(mine, specOf([{ id: 'no', type: 'fail', message: 'no' }]));

    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: Answer<RunPage> = await mine.get<RunPage>(`/v1/runs?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items.map(({ run_id: runId }) => runId));
      cursor = body.next_cursor;
    }
    expect(seen).toHaveLength(6);
    expect(seen).toEqual([...seen].sort().reverse());

    const ids = async (filter: string) => (await mine.get(`/v1/runs?${filter}`)).body.items.length;
    expect(await ids(`workflow_id=${id}`)).toBe(5);
    expect(await ids(`workflow_id=${id}&version=1`)).toBe(5);
    expect(await ids(`workflow_id=${id}&version=2`)).toBe(0);
    expect(await ids('status=FAILED,CANCELLED')).toBe(1);
    expect(await ids('source=TRIGGER')).toBe(0);
    expect(await ids(`created_after=${encodeURIComponent(failed.created_at)}`)).toBe(1);
    expect(await ids('created_before=2020-01-01T00:00:00Z')).toBe(0);
    expect((await mine.get('/v1/runs?version=1')).body).toMatchObject({ status: 400, code: 'run-version-unclear' });
    expect((await mine.get('/v1/runs?status=DONE')).status).toBe(400);
    expect((await mine.get('/v1/runs?colour=red')).body.code).toBe('unknown-field');
  });

  it('leaves out of a list what may be large', async () => {
    const { body } = await client.get('/v1/runs?limit=1');
    expect(Object.keys(body.items[0])).not.toEqual(expect.arrayContaining(['inputs']));
  });

  it('shows the spec when asked for it', async () => {
    const run = await runSpec(client, doubler, { n: 1 });
    expect((await client.get(`/v1/runs/${run.run_id}?include=spec`)).body.spec).toEqual(doubler);
    const id = await makePublished(client, doubler);
    const { body } = await client.post(`/v1/workflows/${id}/runs?mode=sync`, { inputs: { n: 1 } });
    expect((await client.get(`/v1/runs/${body.run_id}?include=spec`)).body.spec).toEqual(doubler);
  });

  it('shows the steps page by page', async () => {
    const run = await runSpec(
      client,
      specOf([
        {
          id: 'l',
          type: 'for_each',
          items: '[1, 2, 3, 4, 5]',
          as: 'n',
          nodes: [{ id: 's', type: 'set', value: '${n}' }],
        },
      ]),
    );
    const first = (await client.get(`/v1/runs/${run.run_id}/steps?limit=4`)).body;
    const second = (await client.get(`/v1/runs/${run.run_id}/steps?limit=4&cursor=${first.next_cursor}`)).body;
    const paths = [...first.items, ...second.items].map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(['l', 's[0]', 's[1]', 's[2]', 's[3]', 's[4]']);
    expect(second.next_cursor).toBeNull();
  });
});

describe("another user's run", () => {
  it('is an unknown run on every route', async () => {
    const run = await runSpec(client, doubler, { n: 1 });
    const other = seer.stranger.as((await makeCaller(seer.app)).token);
    for (const path of ['', '/output', '/steps']) {
      for (const id of [
        run.run_id,
        'run_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b',
        'run_x',
        run.run_id.replace('run_', 'wf_'),
      ]) {
        const answer = await other.get(`/v1/runs/${id}${path}`);
        expect(answer).toMatchObject({
          status: 404,
          body: { code: 'run-not-found', detail: `There is no run ${id} of yours.` },
        });
      }
    }
    const id = await makePublished(client, doubler);
    expect((await other.post(`/v1/workflows/${id}/runs`, {})).body.code).toBe('workflow-not-found');
    expect((await other.get(`/v1/runs?workflow_id=${id}`)).body.items).toEqual([]);
  });
});

describe('processes with roles', () => {
  it('share the work: one that only answers queues, one that only works executes', async () => {
    const databaseUrl = await createTestDatabase();
    const api = await startApp({ SEER_ROLE: 'api' }, databaseUrl);
    others.push(api);
    const queued = await api.admin.post('/v1/runs', { spec: doubler, inputs: { n: 2 } });
    expect(queued).toMatchObject({ status: 202, body: { status: 'QUEUED', attempt: 0 } });
    const worker = await startApp(
      { SEER_ROLE: 'worker', SEER_BOOTSTRAP_API_KEY: 'the-worker-process-has-a-key-too-' },
      databaseUrl,
    );
    others.push(worker);
    expect(await ended(queued.body.run_id, api.admin)).toMatchObject({
      status: 'COMPLETED',
      outputs: { result: 4 },
      attempt: 1,
    });
    const waited = await api.admin.post('/v1/runs?mode=sync', { spec: doubler, inputs: { n: 3 } });
    expect(waited).toMatchObject({ status: 200, body: { status: 'COMPLETED', outputs: { result: 6 } } });
    expect((await fetch(`${worker.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${worker.url}/v1/runs`)).json()).toMatchObject({ status: 404, code: 'worker-only' });
  });
});

describe('1,000 runs at once', () => {
  const five = specOf(
    [1, 2, 3, 4, 5].map((n) => ({ id: `n${n}`, type: 'set', value: n === 1 ? '${inputs.n}' : `\${n${n - 1} + 1}` })),
  );

  it('all end COMPLETED, each once, on two processes', async () => {
    const other = await startOther({
      SEER_RUN_SLOTS: '20',
      SEER_BOOTSTRAP_API_KEY: 'the-second-process-has-a-key-too',
    });
    const id = await makePublished(client, five);
    const accept = async (n: number) => {
      const one = n % 2 ? client : other.admin;
      const response = await fetch(`${one.url}/v1/workflows/${id}/runs`, {
        method: 'POST',
        headers: { ...one.authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: { n } }),
      });
      return { status: response.status, run: (await response.json()) as { run_id: string } };
    };
    const accepted = await Promise.all(Array.from({ length: 1_000 }, (_, n) => accept(n)));
    expect(accepted.every(({ status }) => status === 202)).toBe(true);

    const database = await connect(seer.databaseUrl);
    const counts = async () => {
      const { rows } = await database.query(
        `select r.status, count(*)::int as runs, sum((r.outputs #>> '{}')::int)::int as outputs, sum(r.attempt)::int as attempts,
           (select count(*)::int from workflow_run_step s join workflow_run q using (run_id) where q.workflow_id = max(r.workflow_id)) as steps
         from workflow_run r join workflow w on w.id = r.workflow_id where w.workflow_id = $1 group by 1`,
        [id.slice(3)],
      );
      return rows;
    };
    let rows = await counts();
    for (const late = Date.now() + 30_000; (rows.length > 1 || rows[0].status !== 'COMPLETED') && Date.now() < late;)
      rows = await counts();
    // Each run gives its n + 4.
    expect(rows).toEqual([
      { status: 'COMPLETED', runs: 1_000, outputs: 499_500 + 4_000, attempts: 1_000, steps: 5_000 },
    ]);
    await database.end();
  });
});
