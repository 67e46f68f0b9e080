import { makePublished, specOf } from './support/factories.js';
import {
  client,
  ended,
  gate,
  isHeldBack,
  limited,
  other,
  publish,
  runsOf,
  start,
  startAll,
  useTwoProcesses,
} from './support/limited-workflows.js';

useTwoProcesses();

describe('on_limit: drop', () => {
  it('refuses further starts, and stores nothing of them', async () => {
    const id = await publish({ on_limit: 'drop' });
    const first = await start(id, 'first');
    expect(first.status).toBe(202);
    const refused = await start(id, 'second', { 'idempotency-key': 'dropped' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'concurrency-limit' } });
    const adHoc = { spec: limited({ on_limit: 'drop' }), inputs: { at: 'third' } };
    expect((await client.post('/v1/runs', adHoc)).status).toBe(202);
    expect((await client.post('/v1/runs', adHoc)).status).toBe(409);
    expect(await runsOf(id)).toHaveLength(1);
    gate.open();
    await ended(first.body.run_id);
    const later = await start(id, 'second', { 'idempotency-key': 'dropped' });
    expect(later.status).toBe(202);
    await ended(later.body.run_id);
    expect(gate.calls.filter((call) => call === 'second')).toHaveLength(1);
  });

  it('accepts as many as the limit, however many come at once on two processes', async () => {
    const id = await publish({ on_limit: 'drop', limit: 3 });
    const started = await startAll(id, 60);
    const statuses = started.map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(3);
    // A machine that is slow at the moment may refuse some with 503; none of these is stored either.
    const refused = statuses.filter((status) => status === 409 || status === 503);
    expect(refused).toHaveLength(57);
    expect(refused).toContain(409);
    expect(await runsOf(id)).toHaveLength(3);
  });

  it('gives the run that an Idempotency-Key stands for, also when the limit is reached', async () => {
    const id = await publish({ on_limit: 'drop' });
    const once = { 'idempotency-key': 'drop once' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => start(id, 'x', once)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(202));
    expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(9);
    expect(await start(id, 'y', once)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });
});

describe('on_limit: cancel_running', () => {
  it('cancels the oldest runs, wherever they are executed, and starts the new one', async () => {
    const id = await publish({ on_limit: 'cancel_running', limit: 2 });
    const runs: string[] = [];
    for (let n = 0; n < 4; n++) {
      runs.push((await start(id, n, {}, n % 2 ? client : other.admin)).body.run_id);
      await gate.came(1, String(n));
    }
    expect(await Promise.all(runs.slice(0, 2).map(ended))).toMatchObject([
      { status: 'CANCELLED', error_detail: { code: 'cancelled' } },
      { status: 'CANCELLED', error: expect.stringContaining('newer run') },
    ]);
    gate.open();
    expect(await Promise.all(runs.slice(2).map(ended))).toMatchObject([
      { status: 'COMPLETED' },
      { status: 'COMPLETED' },
    ]);
  });

  it('leaves as many as the limit, however many come at once', async () => {
    const id = await publish({ on_limit: 'cancel_running' });
    const started = await startAll(id, 20);
    gate.open();
    const over = await Promise.all(started.map(({ body }) => ended(body.run_id)));
    expect(over.filter(({ status }) => status === 'COMPLETED')).toHaveLength(1);
    expect(over.filter(({ status }) => status === 'CANCELLED')).toHaveLength(19);
  });

  it('does not cancel the run that an Idempotency-Key stands for', async () => {
    const id = await publish({ on_limit: 'cancel_running' });
    const once = { 'idempotency-key': 'cancel once' };
    const { body } = await start(id, 'x', once);
    await gate.stand(1);
    expect((await start(id, 'x', once)).body.run_id).toBe(body.run_id);
    gate.open();
    expect(await ended(body.run_id)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('a run that begins in the middle of another', () => {
  it('waits for its turn, under the key of its own inputs', async () => {
    const id = await publish({ key: 'inputs.at', on_limit: 'drop' }, [
      { id: 'a', type: 'set', value: 1 },
      { ...gate.node('${inputs.at}'), id: 'b' },
    ]);
    const { body: first } = await start(id, 'x');
    await gate.stand(1);
    await client.post(`/v1/runs/${first.run_id}/cancel`);
    const { body: second } = await start(id, 'x');
    await gate.came(2);

    const retried = await client.post(`/v1/runs/${first.run_id}/retry`);
    expect(retried.status).toBe(202);
    const checkpoint = { checkpoint_id: `${first.run_id}:1` };
    const other = await client.post(`/v1/runs/${first.run_id}/fork`, { ...checkpoint, inputs: { at: 'y' } });
    await gate.came(1, 'y');
    expect(await isHeldBack(retried.body.run_id)).toBe(true);
    const keyless = await client.post(`/v1/runs/${first.run_id}/fork`, { ...checkpoint, inputs: {} });
    expect(keyless).toMatchObject({ status: 422, body: { code: 'concurrency-key-invalid' } });

    gate.open();
    for (const run of [second, retried.body, other.body])
      expect(await ended(run.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(gate.calls).toEqual(['x', 'x', 'y', 'x']);
  });
});

describe('a run inside a run', () => {
  const calling = (workflowId: string, more: object = {}) =>
    specOf([{ id: 'child', type: 'workflow', workflow_id: workflowId, inputs: { at: '${inputs.at}' } }], more);

  it('waits for its turn', async () => {
    const child = await publish();
    const parent = await makePublished(client, calling(child));
    const parents = [await start(parent, 'a'), await start(parent, 'b')];
    await gate.stand(1);
    for (let known = 0; known < 2;) known = (await runsOf(child)).length;
    gate.open();
    for (const { body } of parents) expect(await ended(body.run_id)).toMatchObject({ status: 'COMPLETED' });
    expect(gate.most).toBe(1);
    expect(gate.calls).toHaveLength(2);
  });

  it('fails its node when it is dropped, or has no key', async () => {
    const child = await publish({ key: 'inputs.at + "!"', on_limit: 'drop' });
    const parent = await makePublished(client, calling(child));
    await start(child, 'a');
    const dropped = await start(parent, 'a');
    const broken = await start(parent, 1);
    expect(await ended(dropped.body.run_id)).toMatchObject({
      status: 'FAILED',
      error_detail: { code: 'concurrency-limit', node_id: 'child' },
    });
    expect(await ended(broken.body.run_id)).toMatchObject({
      error_detail: { code: 'concurrency-key-invalid', node_id: 'child' },
    });
  });

  it('fails its node when it would wait for a run that it is part of', async () => {
    const id = await publish();
    const draft = { base_revision: 1, spec: calling(id, { settings: { concurrency: { key: "'all'", limit: 1 } } }) };
    await client.patch(`/v1/workflows/${id}/draft`, draft);
    await client.post(`/v1/workflows/${id}/publish`, {});
    const { body } = await start(id, 'x');
    expect(await ended(body.run_id)).toMatchObject({ status: 'FAILED', error_detail: { code: 'concurrency-limit' } });
  });
});
