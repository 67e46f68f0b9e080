import { startApp, type TestApp } from './support/app.js';
import { type Client } from './support/client.js';
import { connect } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { completedPaths, untilOver, untilRun } from './support/runs.js';

let seer: TestApp;
let client: Client;
let peer: Peer;
/** Paths at which the peer answers 503. */
const down = new Set<string>();

beforeAll(async () => {
  seer = await startApp({ SEER_SYNC_WAIT_SECONDS: '10' });
  client = seer.admin;
  peer = await startPeer((request, response, body) => {
    // Outputs are compared.
    response.sendDate = false;
    if (down.has(request.url!)) json(response, { reason: 'maintenance' }, 503);
    else json(response, body === '' ? 'null' : body);
  });
});

afterAll(async () => {
  await seer.close();
  await peer.close();
});

beforeEach(() => {
  down.clear();
  peer.requests.length = 0;
});

/** A node that writes its value to the peer, and gets it back. */
const write = (id: string, value: unknown, more: object = {}, path = id) => ({
  id,
  type: 'tool',
  tool: 'http.request',
  inputs: { url: `${peer.url}/${path}`, method: 'POST', body: { value } },
  ...more,
});
const set = (id: string, value: unknown, more: object = {}) => ({ id, type: 'set', value, ...more });
const called = () => peer.requests.map(({ path }) => path.slice(1)).sort();
const valueOf = (id: string) => `\${${id}.body.value}`;

const fork = (runId: string, step: number, more: object = {}, headers = {}) =>
  client.post(`/v1/runs/${runId}/fork`, { checkpoint_id: `${runId}:${step}`, ...more }, headers);

/** Numbers of the checkpoints of a run, by node. */
async function checkpointsOf(runId: string): Promise<Map<string, number>> {
  const { body } = await client.get(`/v1/runs/${runId}/checkpoints?limit=100`);
  return new Map(body.items.map(({ node_id: id, step }: { node_id: string; step: number }) => [id, step]));
}

const graphs: [name: string, nodes: () => unknown[]][] = [
  ['a chain', () => [write('a', 1), set('b', valueOf('a')), write('c', '${b + 1}'), write('d', valueOf('c'))]],
  [
    'an if',
    () => [
      write('a', 5),
      {
        id: 'i',
        type: 'if',
        condition: 'a.body.value > 3',
        then: [write('t', 1), set('u', 2), write('v', 3)],
        else: [write('f', 4)],
      },
      write('z', '${i.body.value}'),
    ],
  ],
  [
    'parallel branches',
    () => [
      {
        id: 'p',
        type: 'parallel',
        branches: { l: [write('l1', 1), write('l2', 2)], r: [write('r1', 3), write('r2', 4)] },
      },
      write('z', '${p.l.body.value + p.r.body.value}'),
    ],
  ],
  [
    'a loop',
    () => [
      write('a', 1),
      {
        id: 'l',
        type: 'for_each',
        items: '[1, 2, 3]',
        as: 'x',
        nodes: [write('s', '${x}', {}, 's${x}'), write('q', '${x}', {}, 'q${x}')],
      },
      write('z', '${size(l)}'),
    ],
  ],
  [
    'a loop beside a chain',
    () => [
      {
        id: 'p',
        type: 'parallel',
        branches: {
          l: [
            {
              id: 'l',
              type: 'for_each',
              items: '[1, 2, 3]',
              as: 'x',
              max_concurrency: 1,
              nodes: [write('s', '${x}', {}, 's${x}')],
            },
          ],
          r: [write('r1', 3), write('r2', 4), write('r3', 5)],
        },
      },
      write('z', 1),
    ],
  ],
  [
    'a repeat',
    () => [
      { id: 'r', type: 'repeat', until: 'a.body.value == 7', max_iterations: 3, nodes: [write('a', 1), set('n', 2)] },
      write('z', '${r}'),
    ],
  ],
];

describe('a fork of', () => {
  it.each(graphs)(
    '%s comes to the same end from every checkpoint, and repeats nothing that was done before it',
    async (_name, nodes) => {
      const run = await runSpec(client, specOf(nodes()));
      expect(run.status).toBe('COMPLETED');
      const paths = await completedPaths(client, run.run_id);
      const total = called();
      for (const step of (await checkpointsOf(run.run_id)).values()) {
        peer.requests.length = 0;
        const { status, body, headers } = await fork(run.run_id, step);
        expect(status).toBe(202);
        // It may have been taken up by now, but it is another run.
        expect(body).toMatchObject({ forked_from: `${run.run_id}:${step}`, parent_run_id: null });
        expect(body.run_id).not.toBe(run.run_id);
        expect(headers.get('location')).toBe(`/v1/runs/${body.run_id}`);
        expect(await untilOver(client, body.run_id)).toMatchObject({ status: 'COMPLETED', outputs: run.outputs });
        const own = await completedPaths(client, body.run_id);
        expect(own.slice(0, step)).toEqual(paths.slice(0, step));
        expect([...own].sort()).toEqual([...paths].sort());
        // What the fork has called, and what was recorded before the checkpoint, is all there was to call.
        const before = await callsOf(run.run_id, step);
        expect([...called(), ...before].sort()).toEqual(total);
      }
    },
  );
});

/** What the steps of a run up to a number have called. */
async function callsOf(runId: string, upTo: number): Promise<string[]> {
  const { body } = await client.get(`/v1/runs/${runId}/steps?limit=100`);
  return body.items
    .slice(0, upTo)
    .flatMap(({ inputs }: { inputs: { url?: string } | null }) =>
      inputs?.url ? [new URL(inputs.url).pathname.slice(1)] : [],
    );
}

describe('a fork', () => {
  it('shows later nodes the values that it changes, and its own record', async () => {
    const nodes = [write('a', 1), set('b', valueOf('a')), write('c', '${b + 1}')];
    const run = await runSpec(client, specOf(nodes));
    peer.requests.length = 0;
    const { body } = await fork(run.run_id, 2, { values: { b: 41 } });
    expect(await untilOver(client, body.run_id)).toMatchObject({ outputs: { body: { value: 42 } } });
    expect(called()).toEqual(['c']);
    const { items } = (await client.get(`/v1/runs/${body.run_id}/steps`)).body;
    expect(items).toMatchObject([
      { path: 'a', attempt: 1, inputs: { method: 'POST' } },
      { path: 'b', attempt: 1, output: 41 },
      { path: 'c', attempt: 1 },
    ]);
    const checkpoint = (await client.get(`/v1/runs/${body.run_id}/checkpoints/${body.run_id}:2`)).body;
    expect(checkpoint.state.nodes).toMatchObject({ a: { body: { value: 1 } }, b: 41 });
    expect((await client.get(`/v1/runs/${run.run_id}`)).body).toEqual(run);
  });

  it('takes another way where control flow is not over, and keeps what it has where it is', async () => {
    const nodes = [
      set('n', 1),
      { id: 'i', type: 'if', condition: 'n == 1', then: [write('t', 1)], else: [write('f', 2)] },
      write('s', 3, { when: 'n == 1' }),
      set('end', '${[n, i.body.value]}'),
    ];
    const run = await runSpec(client, specOf(nodes));
    const steps = await checkpointsOf(run.run_id);
    peer.requests.length = 0;
    const early = await fork(run.run_id, steps.get('n')!, { values: { n: 2 } });
    expect(await untilOver(client, early.body.run_id)).toMatchObject({ outputs: [2, 2] });
    expect(called()).toEqual(['f']);
    peer.requests.length = 0;
    const late = await fork(run.run_id, steps.get('s')!, { values: { n: 2 } });
    expect(await untilOver(client, late.body.run_id)).toMatchObject({ outputs: [2, 1] });
    const changed = await fork(run.run_id, steps.get('s')!, { values: { i: { body: { value: 9 } } } });
    expect(await untilOver(client, changed.body.run_id)).toMatchObject({ outputs: [1, 9] });
    expect(called()).toEqual([]);
  });

  it('gives a skipped node a value, and any node null', async () => {
    const run = await runSpec(client, specOf([set('a', 1), set('b', 2, { when: 'false' }), set('c', '${[a, b]}')]));
    const { body } = await fork(run.run_id, 2, { values: { a: null, b: 'new' } });
    expect(await untilOver(client, body.run_id)).toMatchObject({ outputs: [null, 'new'] });
  });

  it('takes other inputs, which are checked like those of a start', async () => {
    const inputs = {
      type: 'object',
      properties: { n: { type: 'integer' }, unit: { default: 'm' } },
    };
    const id = await makePublished(
      client,
      specOf([set('a', '${inputs.n}'), set('b', '${[a, inputs.n, inputs.unit]}')], { inputs }),
    );
    const { body: run } = await client.post(`/v1/workflows/${id}/runs?mode=sync`, { inputs: { n: 1 } });
    const { body } = await fork(run.run_id, 1, { inputs: { n: 5 } });
    expect(body).toMatchObject({ workflow_id: id, version_number: 1, inputs: { n: 5, unit: 'm' } });
    expect(await untilOver(client, body.run_id)).toMatchObject({ outputs: [1, 5, 'm'] });
    expect(await fork(run.run_id, 1, { inputs: { n: 'five' } })).toMatchObject({
      status: 422,
      body: { code: 'input-invalid', errors: [{ pointer: '/inputs/n' }] },
    });
  });

  it('runs the version of the run, whatever was published since', async () => {
    const id = await makePublished(client, specOf([set('a', 1), set('b', 'old')]));
    const { body: run } = await client.post(`/v1/workflows/${id}/runs?mode=sync`, { config: { tags: ['x'] } });
    await client.patch(`/v1/workflows/${id}/draft`, { base_revision: 1, spec: specOf([set('a', 1), set('b', 'new')]) });
    await client.post(`/v1/workflows/${id}/publish`, {});
    const { body } = await fork(run.run_id, 1);
    expect(await untilOver(client, body.run_id)).toMatchObject({
      version_number: 1,
      outputs: 'old',
      config: { tags: ['x'] },
    });
  });

  it('is possible of a run that is not over, and leaves it alone', async () => {
    const waiting = specOf([
      write('a', 1),
      { id: 'w', type: 'wait', for: '1h', when: 'a.body.value == 1' },
      write('b', 2),
    ]);
    const { body: run } = await client.post('/v1/runs', { spec: waiting });
    await untilRun(client, run.run_id, ['WAITING']);
    peer.requests.length = 0;
    const { body } = await fork(run.run_id, 1, { values: { a: { body: { value: 0 } } } });
    expect(await untilOver(client, body.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(called()).toEqual(['b']);
    expect((await client.get(`/v1/runs/${run.run_id}`)).body.status).toBe('WAITING');
  });

  it('refuses values of nodes that the checkpoint does not have, and names each', async () => {
    const nodes = [
      set('a', 1),
      { id: 'l', type: 'for_each', items: '[1]', as: 'x', nodes: [set('inner', 1)] },
      set('later', 1),
    ];
    const run = await runSpec(client, specOf(nodes));
    const step = (await checkpointsOf(run.run_id)).get('l')!;
    const answer = await fork(run.run_id, step, { values: { a: 2, inner: 2, later: 2, constructor: 2, 'a/b': 2 } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'fork-values-invalid' } });
    expect(answer.body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code])).toEqual([
      ['/values/inner', 'node-not-recorded'],
      ['/values/later', 'node-not-recorded'],
      ['/values/constructor', 'node-not-recorded'],
      ['/values/a~1b', 'node-not-recorded'],
    ]);
  });

  it('refuses values that no node could have given', async () => {
    const each = { id: 'l', type: 'for_each', items: 'inputs', as: 'x', nodes: [set('one', '${big}')], collect: '1' };
    const run = await runSpec(client, specOf([set('big', 'x'.repeat(200_000)), set('a', 1), each]), Array(47).fill(1));
    expect(run.status).toBe('COMPLETED');
    // Each number has 4 characters in the request, and 21 as a value.
    const values = `{"a":[${Array(60_000).fill('1e20').join(',')}]}`;
    const wide = await client.post(
      `/v1/runs/${run.run_id}/fork`,
      `{"checkpoint_id":"${run.run_id}:2","values":${values}}`,
    );
    expect(wide).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/values/a', code: 'output-too-large', node_id: 'a' }] },
    });
    const all = await fork(run.run_id, 50, { values: { a: 'x'.repeat(900_000) } });
    expect(all).toMatchObject({ status: 422, body: { errors: [{ pointer: '/values', code: 'state-too-large' }] } });
  });

  it('is made once for one Idempotency-Key', async () => {
    const run = await runSpec(client, specOf([write('a', 1), write('b', 2)]));
    peer.requests.length = 0;
    const key = { 'idempotency-key': 'a-fork' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => fork(run.run_id, 1, {}, key)));
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') !== 'true')).toHaveLength(1);
    expect(await fork(run.run_id, 2, {}, key)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    await untilOver(client, answers[0]!.body.run_id);
    expect(called()).toEqual(['b']);
  });

  it('is there with all its steps, or not at all', async () => {
    const run = await runSpec(client, specOf([set('a', 1), set('b', 2)]));
    const database = await connect(seer.databaseUrl);
    const count = async () => (await database.query('select count(*)::int as runs from workflow_run')).rows[0].runs;
    const before = await count();
    await database.query(`
      create function refuse_b() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
      create trigger refuse_b before insert on workflow_run_step for each row when (new.path = 'b') execute function refuse_b()`);
    const headers = { 'idempotency-key': 'half' };
    expect((await fork(run.run_id, 2, {}, headers)).status).toBe(500);
    expect(await count()).toBe(before);
    await database.query('drop trigger refuse_b on workflow_run_step');
    await database.end();
    const { status, body } = await fork(run.run_id, 2, {}, headers);
    expect(status).toBe(202);
    expect(await untilOver(client, body.run_id)).toMatchObject({ outputs: 2 });
  });
});

describe('a retry', () => {
  const retry = (runId: string, headers = {}) => client.post(`/v1/runs/${runId}/retry`, undefined, headers);

  it('keeps what was done, also of a loop that was half done, and goes on where it failed', async () => {
    down.add('/s3');
    const loop = {
      id: 'l',
      type: 'for_each',
      items: '[1, 2, 3, 4]',
      as: 'x',
      max_concurrency: 1,
      nodes: [write('s', '${x}', {}, 's${x}')],
    };
    const run = await runSpec(client, specOf([write('a', 1), loop, set('end', '${[size(l), run.attempt]}')]));
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { node_id: 's', path: 's[2]' } });
    expect(called()).toEqual(['a', 's1', 's2', 's3']);
    peer.requests.length = 0;
    const again = await retry(run.run_id);
    expect(again).toMatchObject({ status: 202, body: { forked_from: `${run.run_id}:3` } });
    expect(again.headers.get('location')).toBe(`/v1/runs/${again.body.run_id}`);
    expect(await untilOver(client, again.body.run_id)).toMatchObject({
      status: 'FAILED',
      error_detail: { attempt: 1 },
    });
    expect(called()).toEqual(['s3']);
    down.clear();
    const third = await retry(again.body.run_id);
    expect(await untilOver(client, third.body.run_id)).toMatchObject({ status: 'COMPLETED', outputs: [4, 3] });
    expect(called()).toEqual(['s3', 's3', 's4']);
    const { body } = await client.get(`/v1/runs/${third.body.run_id}/steps`);
    expect(body.items.map(({ status, attempt }: any) => [status, attempt])).toEqual(Array(7).fill(['COMPLETED', 1]));
    const { start } = (await client.get(`/v1/runs/${third.body.run_id}/explain`)).body;
    expect(start).toMatchObject({ tries: 3, forked_from: `${again.body.run_id}:3` });
  });

  it('begins anew when nothing was done', async () => {
    down.add('/a');
    const run = await runSpec(client, specOf([write('a', 1)]));
    down.clear();
    const { body } = await retry(run.run_id);
    expect(body.forked_from).toBe(`${run.run_id}:0`);
    expect(await untilOver(client, body.run_id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('keeps a failure that was caught', async () => {
    down.add('/a').add('/c');
    const nodes = [write('a', 1, { on_error: [write('handled', 1)] }), write('c', 2)];
    const run = await runSpec(client, specOf(nodes));
    expect(run.status).toBe('FAILED');
    down.clear();
    peer.requests.length = 0;
    const { body } = await retry(run.run_id);
    expect(await untilOver(client, body.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(called()).toEqual(['c']);
  });

  it('goes on with a cancelled run', async () => {
    const { body: run } = await client.post('/v1/runs', {
      spec: specOf([write('a', 1), { id: 'w', type: 'wait', for: '1h' }]),
    });
    await untilRun(client, run.run_id, ['WAITING']);
    const database = await connect(seer.databaseUrl);
    await database.query(`update workflow_run set status = 'CANCELLED', completed_at = now() where run_id = $1`, [
      run.run_id.slice(4),
    ]);
    await database.end();
    peer.requests.length = 0;
    const { body } = await retry(run.run_id);
    await untilRun(client, body.run_id, ['WAITING']);
    expect(called()).toEqual([]);
  });

  it('is refused of a run that has not failed', async () => {
    const { body: waiting } = await client.post('/v1/runs', { spec: specOf([{ id: 'w', type: 'wait', for: '1h' }]) });
    await untilRun(client, waiting.run_id, ['WAITING']);
    const completed = await runSpec(client, specOf([set('a', 1)]));
    for (const { run_id: id } of [waiting, completed]) {
      expect(await retry(id)).toMatchObject({ status: 409, body: { code: 'run-not-retryable' } });
    }
  });

  it('is made once for one Idempotency-Key', async () => {
    const run = await runSpec(client, specOf([{ id: 'no', type: 'fail', message: 'no' }]));
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => retry(run.run_id, { 'idempotency-key': 'again' })),
    );
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
  });
});
