import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase } from '../support/database.js';
import { specOf } from '../support/factories.js';
import { json, type Peer, startPeer } from '../support/peer.js';
import { Seer } from './support/seer.js';

let peer: Peer;
let seer: Seer;
/** Calls whose answer is held back until their process is dead. */
let holdBack = (_path: string): boolean => false;

beforeAll(async () => {
  peer = await startPeer((request, response, body) => {
    if (!holdBack(request.url!)) json(response, JSON.parse(body));
  });
  seer = Seer.create(await createTestDatabase(), 'dist/src/main.js');
  await seer.start();
});

afterAll(async () => {
  await seer.end();
  await peer.close();
});

/** Kills the only process there is, and starts it anew. */
async function restart(): Promise<void> {
  await seer.program.stop('SIGKILL');
  await seer.start();
}

async function until(run: string, wanted: (run: any) => boolean): Promise<any> {
  for (const late = Date.now() + 60_000; Date.now() < late; await delay(50)) {
    const { body } = await seer.call('GET', `/v1/runs/${run}`);
    if (wanted(body)) return body;
  }
  throw new Error(`${run} does not get there`);
}

async function untilCalled(path: string, times: number): Promise<void> {
  for (const late = Date.now() + 60_000; Date.now() < late; await delay(20)) {
    if (peer.requests.filter((request) => request.path === path).length >= times) return;
  }
  throw new Error(`${path} is not called ${times} times`);
}

const call = (id: string, path: string, value: unknown) => ({
  id,
  type: 'tool',
  tool: 'http.request',
  inputs: { method: 'POST', url: `${peer.url}${path}`, body: { value } },
});
const waitsAt = (path: string) => (run: any) => run.status === 'WAITING' && run.waiting_for?.[0]?.path === path;

describe('a run that waits, asks for approval, calls a child and loops', () => {
  it('survives the end of its only process at each stage, and does nothing twice that was recorded', async () => {
    const child = (
      await seer.call('POST', '/v1/workflows', {
        name: 'Child',
        spec: specOf([
          call('inside', '/child', 1),
          { id: 'rest', type: 'wait', for: '1d' },
          call('last', '/child-end', 2),
        ]),
      })
    ).body.workflow_id as string;
    await seer.call('POST', `/v1/workflows/${child}/publish`, {});
    const spec = specOf(
      [
        call('begin', '/begin', 0),
        { id: 'pause', type: 'wait', for: '2s' },
        { id: 'ok', type: 'approval', title: 'Go on?' },
        { id: 'sub', type: 'workflow', workflow_id: child },
        {
          id: 'rounds',
          type: 'for_each',
          items: '[1, 2, 3, 4]',
          as: 'item',
          max_concurrency: 1,
          nodes: [call('each', '/each', '${item}')],
          collect: 'each.body.value',
        },
        call('end', '/end', '${rounds}'),
      ],
      { output: { approved: '${ok.approved}', sub: '${sub.body.value}', loop: '${end.body.value}' } },
    );
    const started = await seer.call('POST', '/v1/runs', { spec });
    expect(started).toMatchObject({ status: 202 });
    const run = started.body.run_id as string;

    await until(run, waitsAt('pause'));
    await restart();
    await until(run, waitsAt('ok'));
    await restart();
    await seer.call('POST', `/v1/runs/${run}/resume`, { value: { approved: true } });
    const { waiting_for: waits } = await until(run, waitsAt('sub'));
    await until(waits[0].run_id, waitsAt('rest'));
    await restart();
    holdBack = (path) => path === '/each' && peer.requests.filter((request) => request.path === path).length === 3;
    await seer.call('POST', `/v1/runs/${waits[0].run_id}/resume`, {});
    await untilCalled('/each', 3);
    await restart();
    const ended = await until(run, ({ status }) => !['QUEUED', 'RUNNING', 'WAITING'].includes(status));

    expect(ended).toMatchObject({ status: 'COMPLETED', outputs: { approved: true, sub: 2, loop: [1, 2, 3, 4] } });
    const called = peer.requests.map(({ path }) => path);
    const each = ['/each', '/each', '/each', '/each', '/each'];
    expect(called).toEqual(['/begin', '/child', '/child-end', ...each, '/end']);
    const keys = peer.requests.filter(({ path }) => path === '/each').map(({ headers }) => headers['idempotency-key']);
    // The third call was in flight when its process died: it comes again, as the same call.
    expect(keys[3]).toBe(keys[2]);
    expect(new Set(keys).size).toBe(4);
  }, 180_000);
});
