import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { Client } from './support/client.js';
import { type CollectedSpan, type Collector, startCollector } from './support/collector.js';
import { createTestDatabase } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { freePort, Program } from './support/program.js';
import { untilOver } from './support/runs.js';
import { pathOf, subscribe } from './support/triggers.js';

const key = `sk_test_${randomBytes(24).toString('base64url')}`;
const programs: Program[] = [];

async function start(database: string, variables: Record<string, string>) {
  const program = new Program('dist/src/main.js', {
    DATABASE_URL: database,
    PORT: '0',
    LOG_LEVEL: 'error',
    SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SEER_BOOTSTRAP_API_KEY: key,
    SEER_EGRESS_ALLOW: '127.0.0.0/8',
    OTEL_BSP_SCHEDULE_DELAY: '20',
    ...variables,
  });
  programs.push(program);
  await program.says('Seer is ready at ');
  await program.says('Database');
  const url = /Seer is ready at (\S+)/.exec(program.output)![1]!;
  return { program, seer: new Client(url, key) };
}

afterAll(() => Promise.all(programs.map((program) => program.stop('SIGKILL'))));

const secret = () => randomBytes(12).toString('hex');
const traceOf = (runId: string) => runId.replace('run_', '').replaceAll('-', '');
const call = (peer: Peer, path = '') => ({
  id: 'call',
  type: 'tool',
  tool: 'http.request',
  inputs: { url: `${peer.url}/${path}` },
});

describe('the trace of a run', () => {
  let collector: Collector;
  let peer: Peer;
  let database: string;
  let seer: Client;
  beforeAll(async () => {
    collector = await startCollector();
    peer = await startPeer((_request, response) => json(response, { ok: true }));
    database = await createTestDatabase();
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'orders' };
    ({ seer } = await start(database, endpoint));
  });
  afterAll(async () => {
    await collector.close();
    await peer.close();
  });

  const spanOf = (traceId: string, name: string) =>
    collector.until((span) => span.traceId === traceId && span.name === name);

  it('goes from the webhook to the run, its nodes and what they call, without a secret', async () => {
    const secrets = [secret(), secret(), secret(), secret()];
    const spec = specOf(
      [
        call(peer, `${secrets[0]}?token=${secrets[1]}`),
        { id: 'broken', type: 'fail', message: secrets[2], on_error: 'continue' },
        { id: 'value', type: 'set', value: '${trigger.data}' },
      ],
      { output: '${value}' },
    );
    const workflow = await makePublished(seer, spec);
    const subscription = await subscribe(seer, workflow, 'webhook', { verify: { type: 'none' } });
    const hook = pathOf(subscription.webhook_url);
    const caller = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
    const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;
    const { body } = await seer.post(hook, { secret: secrets[3] }, { traceparent });

    const traceId = traceOf(body.run_id);
    const request = await spanOf(caller.traceId, 'POST /v1/hooks/:token');
    const run = await spanOf(traceId, 'run');
    expect(request).toMatchObject({ parentId: caller.spanId, service: 'orders', isError: false });
    expect(request.links).toEqual([{ traceId, spanId: run.spanId }]);
    expect(run).toMatchObject({
      parentId: '',
      isError: false,
      links: [{ traceId: request.traceId, spanId: request.spanId }],
      attributes: { 'seer.run.id': body.run_id, 'seer.run.source': 'TRIGGER', 'seer.run.status': 'COMPLETED' },
    });
    const node = await spanOf(traceId, 'node tool');
    expect(node).toMatchObject({
      parentId: run.spanId,
      attributes: { 'seer.node.id': 'call', 'seer.node.attempt': 1 },
    });
    expect(await spanOf(traceId, 'egress')).toMatchObject({
      parentId: node.spanId,
      attributes: { 'server.address': '127.0.0.1', 'http.response.status_code': 200 },
    });
    expect(await spanOf(traceId, 'node fail')).toMatchObject({
      parentId: run.spanId,
      isError: true,
      attributes: { 'error.type': 'failed' },
    });
    expect(await spanOf(traceId, 'node set')).toMatchObject({ parentId: run.spanId, isError: false });
    for (const said of [...secrets, hook.split('/').at(-1)!, key]) {
      if (collector.bytes.includes(said)) throw new Error(`A span says ${said}`);
    }
    expect(peer.requests.at(-1)!.headers.traceparent).toBeUndefined();
  });

  it('is the same in the process that executes the run later, and reaches hosts that may know of it', async () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const elsewhere = await createTestDatabase();
    const worker = { OTEL_SERVICE_NAME: 'worker', SEER_ROLE: 'worker', SEER_TRACE_HOSTS: 'example.com,127.0.0.1' };
    const { seer: api } = await start(elsewhere, { ...endpoint, OTEL_SERVICE_NAME: 'api', SEER_ROLE: 'api' });
    await start(elsewhere, { ...endpoint, ...worker });
    const spec = specOf([call(peer), { id: 'no', type: 'fail', message: 'no' }]);
    const { body } = await api.post('/v1/runs', { spec, inputs: {} });
    await untilOver(api, body.run_id);

    const traceId = traceOf(body.run_id);
    const run = await spanOf(traceId, 'run');
    expect(run).toMatchObject({ service: 'worker', links: [], isError: true, attributes: { 'error.type': 'failed' } });
    const asked = (span: CollectedSpan) => span.links.some((link) => link.traceId === traceId);
    const request = await collector.until(asked);
    expect(request).toMatchObject({ name: 'POST /v1/runs', service: 'api', links: [{ spanId: run.spanId }] });
    const egress = await spanOf(traceId, 'egress');
    expect(peer.requests.at(-1)!.headers.traceparent).toBe(`00-${traceId}-${egress.spanId}-01`);
  });

  it('goes on after a pause', async () => {
    const spec = specOf([
      { id: 'pause', type: 'wait', for: '1h' },
      { id: 'after', type: 'set', value: 1 },
    ]);
    const { body } = await seer.post('/v1/runs', { spec, inputs: {} });
    const traceId = traceOf(body.run_id);
    const first = await spanOf(traceId, 'run');
    expect(first).toMatchObject({ isError: false, attributes: { 'seer.run.status': 'WAITING' } });
    expect(await spanOf(traceId, 'node wait')).toMatchObject({ isError: false });
    await seer.post(`/v1/runs/${body.run_id}/resume`, {});
    const second = await collector.until(
      (span) => span.traceId === traceId && span.spanId !== first.spanId && span.name === 'run',
    );
    expect(second.attributes).toMatchObject({ 'seer.run.attempt': 2, 'seer.run.status': 'COMPLETED' });
    expect(await spanOf(traceId, 'node set')).toMatchObject({ parentId: second.spanId });
  });
});

describe('a collector that is not there', () => {
  /** Takes everything and answers nothing. */
  let silent: Server;
  beforeAll(async () => {
    silent = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => silent.close(resolve)));

  it('holds up neither runs nor the stop, whether it hangs or refuses', async () => {
    const { port: hanging } = silent.address() as { port: number };
    const stops = [hanging, await freePort()].map(async (port) => {
      const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
      const { program, seer } = await start(await createTestDatabase(), endpoint);
      for (let count = 0; count < 20; count++) {
        const run = await runSpec(seer, specOf([{ id: 'one', type: 'set', value: 1 }]));
        expect(run).toMatchObject({ status: 'COMPLETED' });
      }
      const began = performance.now();
      expect(await program.stop()).toBe(0);
      return performance.now() - began;
    });
    // Six seconds are for connections that clients keep, two for spans; the exporter alone would take ten.
    for (const took of await Promise.all(stops)) expect(took).toBeLessThan(12_000);
  });
});

describe('without an endpoint', () => {
  const tell = `
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        if (url.includes('/@opentelemetry/sdk-trace/')) console.log('loads OpenTelemetry');
        return next(url, context);
      },
    });`;
  const telling = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}` };
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

  it('does not even load OpenTelemetry', async () => {
    const variables = [{}, { ...endpoint, OTEL_SDK_DISABLED: 'true' }, endpoint];
    const loads = variables.map(async (more) => {
      const { program } = await start(await createTestDatabase(), { ...telling, ...more });
      return program.output.includes('loads OpenTelemetry');
    });
    expect(await Promise.all(loads)).toEqual([false, false, true]);
  });
});
