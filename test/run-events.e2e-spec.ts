import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { EventStreams } from '../src/workflows/history/event-streams.js';
import { RunNews } from '../src/workflows/runs/engine/run-news.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { connect, createTestDatabase } from './support/database.js';
import { EventReader, type SentEvent } from './support/events.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { untilOver, untilRun } from './support/runs.js';

let seer: TestApp;
let client: Client;
let peer: Peer;
/** Answers that the peer holds back, by path. */
const held = new Map<string, () => void>();
const others: TestApp[] = [];

beforeAll(async () => {
  seer = await startApp();
  client = seer.admin;
  peer = await startPeer((request, response) => {
    const path = request.url!;
    if (path.startsWith('/hold')) held.set(path, () => json(response, '{}'));
    else json(response, '{}');
  });
});

afterAll(async () => {
  await Promise.all([seer, ...others].map((app) => app.close()));
  await peer.close();
});

const set = (id: string, value: unknown) => ({ id, type: 'set', value });
const get = (id: string, path = `/${id}`) => ({
  id,
  type: 'tool',
  tool: 'http.request',
  inputs: { url: peer.url + path },
});
const three = () => specOf([get('a'), get('b', '/hold'), get('c')]);
const statusOf = ({ event, data }: SentEvent) => (event === 'run' ? data.status : `${event} ${data.path}`);
const isStep = (path: string) => (event: SentEvent) => event.event === 'step' && event.data.path === path;
const watch = (asker: Client, runId: string, headers = {}) =>
  EventReader.open(asker, `/v1/runs/${runId}/events`, { headers });

/** Lets the peer answer. */
async function release(path = '/hold'): Promise<void> {
  while (!held.has(path)) await new Promise(setImmediate);
  held.get(path)!();
  held.delete(path);
}

const start = async (spec: object, asker = client) => (await asker.post('/v1/runs', { spec })).body.run_id as string;

describe('GET /v1/runs/{id}/events', () => {
  it('shows a run as it goes, and ends with it', async () => {
    const runId = await start(three());
    const events = await watch(client, runId);
    expect(events.response.status).toBe(200);
    expect(Object.fromEntries(events.response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    const before = await events.until(isStep('a'));
    expect(before.map(statusOf)).toEqual(['RUNNING', 'step a']);
    await release();
    expect((await events.until()).map(statusOf)).toEqual(['step b', 'step c', 'COMPLETED']);
    expect(events.text).toContain('retry: 1000\n');
  });

  it('shows steps and runs as the other routes do', async () => {
    const run = await runSpec(
      client,
      specOf([set('a', { text: 'ü\n\n"' }), get('b'), { id: 'no', type: 'fail', message: 'no' }]),
    );
    const events = await (await watch(client, run.run_id)).until();
    const steps = events.filter(({ event }) => event === 'step');
    expect(steps.map(({ data }) => data)).toEqual((await client.get(`/v1/runs/${run.run_id}/steps`)).body.items);
    expect(steps.map(({ id }) => id)).toEqual(['1', '2', '3']);
    const { inputs: _inputs, outputs: _outputs, config: _config, ...summary } = run;
    expect(events.filter(({ event }) => event === 'run').map(({ data }) => data)).toEqual([summary, summary]);
    expect(events.at(0)!.event).toBe('run');
    expect(events.at(-1)!.event).toBe('run');
  });

  it('goes on after the last event that the client has seen', async () => {
    const runId = await start(three());
    const first = await watch(client, runId);
    const [, step] = await first.until(isStep('a'));
    first.leave();
    const second = await watch(client, runId, { 'last-event-id': step!.id! });
    expect(statusOf((await second.next())!)).toBe('RUNNING');
    await release();
    expect((await second.until()).map(statusOf)).toEqual(['step b', 'step c', 'COMPLETED']);
    const late = await watch(client, runId, { 'last-event-id': '3' });
    expect((await late.until()).map(statusOf)).toEqual(['COMPLETED', 'COMPLETED']);
  });

  it.each(['x', '-1', '1.5', '9999999999'])('refuses the Last-Event-ID %s', async (id) => {
    const run = await runSpec(client, specOf([set('a', 1)]));
    const answer = await client.get(`/v1/runs/${run.run_id}/events`, { 'last-event-id': id });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/Last-Event-ID' }] } });
  });

  it('has every step of a long run once, in order, from wherever it goes on', async () => {
    const items = Array.from({ length: 500 }, (_, n) => n);
    const run = await runSpec(
      client,
      specOf([{ id: 'l', type: 'for_each', items: 'inputs', as: 'x', nodes: [set('s', '${x}')] }]),
      items,
    );
    for (const after of [0, 137, 400, 401]) {
      const events = await (await watch(client, run.run_id, { 'last-event-id': String(after) })).until();
      const ids = events.filter(({ event }) => event === 'step').map(({ id }) => Number(id));
      expect(ids).toEqual(Array.from({ length: 501 - after }, (_, n) => after + n + 1));
    }
  });

  it('shows a run that is executed by another process', async () => {
    const databaseUrl = await createTestDatabase();
    const api = await startApp({ SEER_ROLE: 'api' }, databaseUrl);
    others.push(api);
    const runId = await start(three(), api.admin);
    const events = await watch(api.admin, runId);
    expect(statusOf((await events.next())!)).toBe('QUEUED');
    others.push(
      await startApp({ SEER_ROLE: 'worker', SEER_BOOTSTRAP_API_KEY: 'the-worker-process-has-a-key-too-' }, databaseUrl),
    );
    const seen = (await events.until(isStep('a'))).map(statusOf);
    expect(seen.filter((what) => what !== 'RUNNING')).toEqual(['step a']);
    await release();
    const rest = (await events.until()).map(statusOf).filter((what) => what !== 'RUNNING');
    expect(rest).toEqual(['step b', 'step c', 'COMPLETED']);
  });

  it('answers HEAD without waiting for the run', async () => {
    const runId = await start(specOf([{ id: 'w', type: 'wait', for: '1h' }]));
    await untilRun(client, runId, ['WAITING']);
    const answer = await client.call('HEAD', `/v1/runs/${runId}/events`);
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
  });

  it('stays open while the run waits', async () => {
    const runId = await start(specOf([{ id: 'w', type: 'wait', for: '1s' }, set('end', 1)]));
    const events = (await (await watch(client, runId)).until()).map(statusOf);
    expect(events).toContain('WAITING');
    expect(events.slice(-3)).toEqual(['step w', 'step end', 'COMPLETED']);
  });

  it('does not stop the run when the client goes away, and leaves nothing behind', async () => {
    const news = seer.app.get(RunNews);
    const waiting = (): Map<string, unknown> => (news as unknown as { waiting: Map<string, unknown> }).waiting;
    const runId = await start(three());
    const events = await watch(client, runId);
    await events.until(isStep('a'));
    // The stream waits for news of the run.
    while (!waiting().has(runId.slice(4))) await new Promise(setImmediate);
    const gone = performance.now();
    events.leave();
    while (waiting().has(runId.slice(4))) await new Promise(setImmediate);
    expect(performance.now() - gone).toBeLessThan(400);
    await release();
    expect(await untilOver(client, runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('ends when the run is deleted', async () => {
    const id = await makePublished(client, specOf([{ id: 'w', type: 'wait', for: '1h' }]));
    const { body } = await client.post(`/v1/workflows/${id}/runs`, {});
    await untilRun(client, body.run_id, ['WAITING']);
    const events = await watch(client, body.run_id);
    await events.next();
    await client.delete(`/v1/workflows/${id}`);
    expect(await events.until()).toEqual([]);
    expect((await client.get(`/v1/runs/${body.run_id}/events`)).status).toBe(404);
  });

  it('goes on when the database was away for a moment', async () => {
    const runId = await start(three());
    const events = await watch(client, runId);
    await events.until(isStep('a'));
    const database = await connect(seer.databaseUrl);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await database.end();
    await release();
    const rest = (await events.until()).map(statusOf);
    expect(rest.at(-1)).toBe('COMPLETED');
    expect(rest).toContain('step c');
  });
});

describe('a process that stops', () => {
  it('ends the streams at once, also of clients that take nothing', async () => {
    const app = await startApp();
    const items = Array.from({ length: 200 }, (_, n) => n);
    const big = specOf([
      set('big', 'x'.repeat(40_000)),
      { id: 'l', type: 'for_each', items: 'inputs', as: 'x', collect: '1', nodes: [set('s', '${big}')] },
      { id: 'w', type: 'wait', for: '1h' },
    ]);
    const { body } = await app.admin.post('/v1/runs', { spec: big, inputs: items });
    await untilRun(app.admin, body.run_id, ['WAITING']);
    const events = await watch(app.admin, body.run_id, { 'last-event-id': '202' });
    expect(statusOf((await events.next())!)).toBe('WAITING');
    const { hostname, port } = new URL(app.url);
    const deaf = connectSocket(Number(port), hostname).pause();
    deaf.write(
      `GET /v1/runs/${body.run_id}/events HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: ${app.admin.authorization.authorization}\r\n\r\n`,
    );
    await once(deaf, 'connect');
    // The stream of the other one is open as well.
    const streams = (): Set<unknown> => (app.app.get(EventStreams) as unknown as { streams: Set<unknown> }).streams;
    while (streams().size < 2) await new Promise(setImmediate);
    const began = performance.now();
    await app.close();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(await events.until()).toEqual([]);
    deaf.destroy();
  });
});

describe('stream=true', () => {
  it('answers the start of a run with its events', async () => {
    const id = await makePublished(client, three());
    for (const path of [`/v1/workflows/${id}/runs?stream=true&mode=sync`, '/v1/runs?stream=true']) {
      const body = path.startsWith('/v1/runs') ? { spec: three() } : {};
      const events = await EventReader.open(client, path, { method: 'POST', body });
      const runId = events.response.headers.get('x-run-id')!;
      expect(events.response.status).toBe(200);
      expect(events.response.headers.get('location')).toBe(`/v1/runs/${runId}`);
      expect((await events.until(isStep('a'))).map(statusOf)).toEqual(['RUNNING', 'step a']);
      await release();
      expect((await events.until()).map(statusOf)).toEqual(['step b', 'step c', 'COMPLETED']);
      expect((await client.get(`/v1/runs/${runId}`)).body.status).toBe('COMPLETED');
    }
  });

  it('starts one run for one Idempotency-Key', async () => {
    const open = () =>
      EventReader.open(client, '/v1/runs?stream=true', {
        method: 'POST',
        body: { spec: specOf([set('a', 1)]) },
        headers: { 'idempotency-key': 'streamed' },
      });
    const [first, second] = [await open(), await open()];
    expect(second.response.headers.get('x-run-id')).toBe(first.response.headers.get('x-run-id'));
    expect(second.response.headers.get('idempotent-replayed')).toBe('true');
    expect((await first.until()).map(statusOf)).toEqual(['COMPLETED', 'step a', 'COMPLETED']);
    expect((await second.until()).map(statusOf)).toEqual(['COMPLETED', 'step a', 'COMPLETED']);
  });

  it('answers what is wrong with a request as always', async () => {
    const invalid = await client.post('/v1/runs?stream=true', { spec: {} });
    expect(invalid).toMatchObject({ status: 422, body: { code: 'spec-invalid' } });
    expect((await client.post('/v1/runs?stream=yes', { spec: specOf([set('a', 1)]) })).status).toBe(400);
    expect((await seer.stranger.post('/v1/runs?stream=true', { spec: {} })).status).toBe(401);
    const reader = seer.stranger.as((await makeCaller(seer.app, { scopes: ['runs:read'] })).token);
    expect((await reader.post('/v1/runs?stream=true', { spec: {} })).status).toBe(403);
  });
});
