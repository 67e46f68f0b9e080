import { createServer } from 'node:net';
import { once } from 'node:events';
import { NotificationListener } from '../src/common/database/notification-listener.js';
import { startApp, type TestApp } from './support/app.js';
import { specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { Program } from './support/program.js';
import { untilOver } from './support/runs.js';
import { SilentProxy } from './support/silent-proxy.js';

let seer: TestApp;

function start(variables: Record<string, string>): Program {
  return new Program('dist/src/main.js', {
    DATABASE_URL: seer.databaseUrl,
    PORT: '0',
    LOG_LEVEL: 'silent',
    SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SEER_EGRESS_ALLOW: '127.0.0.0/8',
    ...variables,
  });
}

const call = (peer: Peer) => specOf([{ id: 'call', type: 'tool', tool: 'http.request', inputs: { url: peer.url } }]);

beforeAll(async () => {
  seer = await startApp({ SEER_ROLE: 'api' });
});

afterAll(() => seer.close());

describe('a start that fails because its port is taken', () => {
  it('brings the runs that it has begun to their end first', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    let calls = 0;
    const peer = await startPeer((_request, response) => {
      calls += 1;
      setTimeout(() => json(response, {}), 500);
    });
    const { run_id: runId } = (await seer.admin.post('/v1/runs', { spec: call(peer) })).body;

    const program = start({ PORT: String((taken.address() as { port: number }).port) });
    expect(await program.ended).toBe(1);
    expect(program.output).toMatch(/^Seer can't start:\nPORT \d+ is in use by another program/);
    expect(await untilOver(seer.admin, runId)).toMatchObject({ status: 'COMPLETED', attempt: 1 });
    expect(calls).toBe(1);
    taken.close();
    await peer.close();
  });
});

describe('a process that stops', () => {
  it('does so at once when it is told a second time', async () => {
    let called!: () => void;
    const wasCalled = new Promise<void>((resolve) => (called = resolve));
    // It never answers, so the run would be waited for.
    const peer = await startPeer(() => called());
    const program = start({});
    await program.says('Seer is ready');
    const { run_id: runId } = (await seer.admin.post('/v1/runs', { spec: call(peer) })).body;
    await wasCalled;
    program.signal('SIGTERM');
    // Signals that come at the same moment are one.
    const [url] = /http:\S+/.exec(program.output)!;
    while (await fetch(url).catch(() => undefined));
    expect(program.lives).toBe(true);
    expect(await program.stop('SIGTERM')).toBe(1);
    expect(program.output).toContain('SIGTERM again: stopped at once.');
    await seer.admin.post(`/v1/runs/${runId}/cancel`);
    await peer.close();
  });

  it('does not wait for the goodbye of a database that has fallen silent', async () => {
    const proxy = await SilentProxy.start(seer.databaseUrl);
    const listener = new NotificationListener({
      url: proxy.url,
      channel: 'test',
      onNotification: () => {},
      onLost: () => {},
    });
    await listener.start();
    expect(listener.listening).toBe(true);
    proxy.forget();
    await listener.stop();
    await proxy.close();
  });
});
