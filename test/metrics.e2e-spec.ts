import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { MetricsServer } from '../src/common/metrics/metrics-server.js';
import { RunAdmission } from '../src/workflows/runs/engine/run-admission.js';
import { startApp, type TestApp } from './support/app.js';
import { connect } from './support/database.js';
import { makePublished, runSpec, specOf } from './support/factories.js';
import { startGate } from './support/gate.js';
import { parseMetrics, seriesOf, valueOf } from './support/metrics.js';
import { json, startPeer } from './support/peer.js';
import { freePort, Program } from './support/program.js';
import { echoSpec, pathOf, subscribe, subscribeEcho } from './support/triggers.js';

const random = () => randomBytes(9).toString('hex');
const scrape = async (url: string) => parseMetrics(await (await fetch(url)).text());
const portOf = (seer: TestApp) => seer.app.get(MetricsServer).url!;

describe('GET /metrics of the API', () => {
  let seer: TestApp;
  beforeAll(async () => void (seer = await startApp()));
  afterAll(() => seer.close());

  it('is for administrators only', async () => {
    expect((await seer.stranger.get('/metrics')).status).toBe(401);
    const { body: weak } = await seer.admin.post('/v1/api-keys', { name: 'weak', scopes: ['runs:read'] });
    expect((await seer.admin.as(weak.key).get('/metrics')).status).toBe(403);
    const answer = await seer.admin.get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(parseMetrics(answer.body).length).toBeGreaterThan(50);
  });

  it('has no port of its own unless it is asked for', () => {
    expect(portOf(seer)).toBeUndefined();
  });
});

describe('a port for metrics', () => {
  it('is there in a process that only executes runs', async () => {
    const worker = await startApp({ SEER_METRICS_PORT: '0', SEER_ROLE: 'worker' });
    expect(valueOf(await scrape(portOf(worker)), 'seer_build_info', { role: 'worker' })).toBe(1);
    expect((await fetch(`${worker.url}/metrics`, { headers: worker.admin.authorization })).status).toBe(404);
    await worker.close();
  });

  it('is out of reach for workflows', async () => {
    const own = await startApp({ SEER_METRICS_PORT: String(await freePort()) });
    const spec = specOf([{ id: 'look', type: 'tool', tool: 'http.request', inputs: { url: portOf(own) } }]);
    expect(await runSpec(own.admin, spec)).toMatchObject({ error_detail: { code: 'egress-denied' } });
    await own.close();
  });

  it('says which variable to change when it is taken', async () => {
    const seer = await startApp({ SEER_METRICS_PORT: '0' });
    const { port } = new URL(portOf(seer));
    const program = new Program('dist/src/main.js', {
      DATABASE_URL: seer.databaseUrl,
      SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      PORT: '0',
      SEER_METRICS_PORT: port,
    });
    expect(await program.ended).toBe(1);
    expect(program.output).toContain(`SEER_METRICS_PORT ${port}`);
    expect(program.output).not.toMatch(/\n\s+at /);
    await seer.close();
  });

  it('says the other metrics when the database does not answer', async () => {
    const other = await startApp({ SEER_METRICS_PORT: '0' });
    const database = await connect(other.databaseUrl);
    await database.query('begin; lock table run_worker in access exclusive mode');
    const samples = await scrape(portOf(other));
    expect(valueOf(samples, 'seer_queue_runs')).toBeUndefined();
    expect(valueOf(samples, 'seer_workers')).toBeUndefined();
    expect(valueOf(samples, 'seer_build_info', { role: 'all' })).toBe(1);
    await database.query('rollback');
    await database.end();
    await other.close();
  });
});

describe('what the metrics say', () => {
  let seer: TestApp;
  beforeAll(async () => void (seer = await startApp({ SEER_METRICS_PORT: '0' })));
  afterAll(() => seer.close());

  const read = () => scrape(portOf(seer));
  /** By how much something grew. */
  async function growth(name: string, labels: Record<string, string>, act: () => Promise<unknown>) {
    const before = valueOf(await read(), name, labels) ?? 0;
    await act();
    return (valueOf(await read(), name, labels) ?? 0) - before;
  }

  it('answers without credentials, on this machine, and has nothing else', async () => {
    const url = portOf(seer);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(valueOf(parseMetrics(await answer.text()), 'seer_build_info', { role: 'all' })).toBe(1);
    expect((await fetch(new URL('/v1/me', url))).status).toBe(404);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(405);
  });

  it('counts a run with its steps, its delay and its commit', async () => {
    const run = () => runSpec(seer.admin, specOf([{ id: 'one', type: 'set', value: 1 }]));
    const manual = { source: 'MANUAL' };
    expect(await growth('seer_runs_started_total', manual, run)).toBe(1);
    expect(await growth('seer_runs_ended_total', { status: 'COMPLETED', error_code: 'none' }, run)).toBe(1);
    expect(await growth('seer_run_duration_seconds_count', { status: 'COMPLETED' }, run)).toBe(1);
    expect(await growth('seer_run_start_delay_seconds_count', {}, run)).toBe(1);
    expect(await growth('seer_run_steps_total', { node_type: 'set', status: 'COMPLETED' }, run)).toBe(1);
    expect(await growth('seer_commits_total', { outcome: 'done' }, run)).toBe(1);
    const route = { route: '/v1/runs', method: 'POST', status: '2xx' };
    expect(await growth('seer_http_request_duration_seconds_count', route, run)).toBe(1);
  });

  it('counts ends by what went wrong', async () => {
    const fail = () => runSpec(seer.admin, specOf([{ id: 'no', type: 'fail', message: random() }]));
    expect(await growth('seer_runs_ended_total', { status: 'FAILED', error_code: 'failed' }, fail)).toBe(1);
    expect(await growth('seer_run_steps_total', { node_type: 'fail', status: 'FAILED' }, fail)).toBe(1);
    const cancelled = { status: 'CANCELLED', error_code: 'cancelled' };
    const spec = specOf([{ id: 'pause', type: 'wait', for: '1h' }]);
    const cancel = async () => {
      const { body } = await seer.admin.post('/v1/runs', { spec, inputs: {} });
      expect((await seer.admin.post(`/v1/runs/${body.run_id}/cancel`)).body.status).toBe('CANCELLED');
    };
    expect(await growth('seer_runs_ended_total', cancelled, cancel)).toBe(1);
  });

  it('counts events by their type and what became of them', async () => {
    const { webhook_url: url } = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'none' } });
    const body = { n: random() };
    const deliver = () => seer.stranger.post(pathOf(url), body);
    const of = (verdict: string) => ({ trigger_type: 'webhook', verdict });
    expect(await growth('seer_trigger_events_total', of('accepted'), deliver)).toBe(1);
    expect(await growth('seer_trigger_events_total', of('duplicate'), deliver)).toBe(1);
    const signed = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'standard_webhooks' } });
    const forge = () => seer.stranger.post(pathOf(signed.webhook_url), body);
    expect(await growth('seer_trigger_events_total', of('rejected'), forge)).toBe(1);
  });

  it('counts what schedules start, and how late', async () => {
    const workflow = await makePublished(seer.admin, echoSpec);
    const config = { cron: '* * * * * *', timezone: 'UTC' };
    const before = valueOf(await read(), 'seer_schedule_lateness_seconds_count') ?? 0;
    const { subscription_id: id } = await subscribe(seer.admin, workflow, 'cron_schedule', config);
    const late = Date.now() + 20_000;
    let fired = 0;
    while (fired === 0 && Date.now() < late) {
      fired = (valueOf(await read(), 'seer_schedule_lateness_seconds_count') ?? 0) - before;
    }
    expect(fired).toBeGreaterThan(0);
    await seer.admin.delete(`/v1/trigger-subscriptions/${id}`);
  });

  it('counts outbound requests by how they came out, and runs while they last', async () => {
    const peer = await startPeer((_request, response) => json(response, { no: true }, 404));
    const call = (url: string) => () =>
      runSpec(seer.admin, specOf([{ id: 'call', type: 'tool', tool: 'http.request', inputs: { url } }]));
    const name = 'seer_egress_request_duration_seconds_count';
    expect(await growth(name, { outcome: '4xx' }, call(peer.url))).toBe(1);
    expect(await growth(name, { outcome: 'egress-denied' }, call('http://169.254.169.254/'))).toBe(1);
    await peer.close();
    const gate = await startGate();
    const held = seer.admin.post('/v1/runs?mode=sync', { spec: specOf([gate.node('held')]), inputs: {} });
    await gate.stand(1);
    expect(valueOf(await read(), 'seer_runs_in_flight')).toBe(1);
    expect(valueOf(await read(), 'seer_run_slots')).toBe(100);
    gate.open();
    await held;
    expect(valueOf(await read(), 'seer_runs_in_flight')).toBe(0);
    await gate.close();
  });

  it('makes no new series of what comes from outside, and says none of it', async () => {
    const { webhook_url: hook } = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'none' } });
    const secrets: string[] = [];
    const secret = () => secrets.at(secrets.push(random()) - 1)!;
    const raw = (method: string, path: string) =>
      new Promise((resolve, reject) => {
        const sent = request(seer.url + path, { method }, (answer) =>
          answer.resume().on('end', () => resolve(undefined)),
        );
        sent.on('error', reject).end();
      });
    const attack = async () => {
      for (const path of [`/${secret()}`, `/v1/runs/run_${secret()}`, `/v1/hooks/${secret()}`, `/v1/%00${secret()}`]) {
        for (const method of ['GET', 'POST', 'PROPFIND', 'M-SEARCH']) await raw(method, path);
      }
      await seer.stranger.post(pathOf(hook), { event: secret() }, { 'x-request-id': secret(), traceparent: secret() });
      const id = `n${secret()}`;
      await runSpec(seer.admin, specOf([{ id, type: 'set', value: secret() }]));
      await runSpec(seer.admin, specOf([{ id, type: 'fail', message: secret() }]));
      const url = `http://${secret()}.invalid/${secret()}`;
      await runSpec(seer.admin, specOf([{ id, type: 'tool', tool: 'http.request', inputs: { url } }]));
      await seer.admin.post('/v1/runs', { spec: specOf([{ id, type: secret() }]), inputs: {} });
    };
    await attack();
    const before = seriesOf(await read());
    await attack();
    const text = await (await fetch(portOf(seer))).text();
    expect([...seriesOf(parseMetrics(text))].filter((series) => !before.has(series))).toEqual([]);
    for (const said of [...secrets, hook.split('/').at(-1)!, '@']) {
      if (text.includes(said)) throw new Error(`The metrics say ${said}`);
    }
    expect(/\b[a-z]+_[0-9a-f]{8}-[0-9a-f]{4}-/.exec(text)).toBeNull();
  });
});

describe('the queue', () => {
  it('is told with its depth and the age of what has waited longest, by every process', async () => {
    const api = await startApp({ SEER_METRICS_PORT: '0', SEER_ROLE: 'api' });
    const database = await connect(api.databaseUrl);
    const limited = { settings: { concurrency: { key: '"k"', limit: 1, on_limit: 'queue' } } };
    const start = (more = {}) =>
      api.admin.post('/v1/runs', { spec: specOf([{ id: 'one', type: 'set', value: 1 }], more), inputs: {} });
    await start();
    await database.query(`update workflow_run set created_at = now() - interval '1 hour'`);
    await start();
    await start(limited);
    await start(limited);
    await api.app.get(RunAdmission).settled();
    const samples = await scrape(portOf(api));
    expect(valueOf(samples, 'seer_queue_runs')).toBe(3);
    expect(valueOf(samples, 'seer_queue_held_back_runs')).toBe(1);
    expect(valueOf(samples, 'seer_queue_oldest_seconds')).toBeCloseTo(3_600, -2);
    expect(valueOf(samples, 'seer_workers')).toBe(0);
    await database.end();
    await api.close();
  });
});
