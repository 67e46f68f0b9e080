import { type IncomingMessage, type ServerResponse } from 'node:http';
import { startApp, type TestApp } from './support/app.js';
import { authorize, type Connected, makeConnected } from './support/connections.js';
import { runSpec, specOf } from './support/factories.js';
import { OAuthServer } from './support/oauth-server.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { untilOver, untilRun } from './support/runs.js';

let server: OAuthServer;
let api: Peer;
let seer: TestApp;
/** Tokens that the API has seen. */
let seen: string[] = [];
/** How many calls the API refuses whatever the token. */
let refusals = 0;

/** The API of the provider: it takes tokens that its authorization server has given and not taken back. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
  seen.push(token);
  const owner = refusals-- > 0 ? undefined : await server.ownerOf(token);
  if (owner === undefined) json(response, { error: 'invalid_token' }, 401);
  else json(response, { owner });
}

beforeAll(async () => {
  server = await OAuthServer.start();
  api = await startPeer((request, response) => void answer(request, response));
  const environment = server.environment();
  const [provider] = JSON.parse(environment.SEER_OAUTH_PROVIDERS!);
  const providers = JSON.stringify([{ ...provider, apis: [`${api.url}/v1`] }]);
  seer = await startApp({ ...environment, SEER_OAUTH_PROVIDERS: providers });
});

afterAll(async () => {
  await seer.close();
  await server.close();
  await api.close();
});

beforeEach(() => {
  seen = [];
  refusals = 0;
});

const specWith = ({ connectionId }: Connected, settings: object = {}, more: object = {}) =>
  specOf(
    [
      { id: 'before', type: 'set', value: 1 },
      {
        id: 'call',
        type: 'tool',
        tool: 'http.request',
        connection: connectionId,
        inputs: { url: `${api.url}/v1/me` },
        ...more,
      },
    ],
    { output: '${call.body.owner}', settings },
  );

async function revoke(connected: Connected): Promise<void> {
  await server.revokeAll();
  const { body } = await connected.caller.get(`/v1/integrations/connections/${connected.connectionId}`);
  expect(body.status).toBe('healthy');
}

describe('a node with an account', () => {
  it('sends its token to the APIs of the provider, and to no other host', async () => {
    const connected = await makeConnected(seer);
    expect(await runSpec(connected.caller, specWith(connected))).toMatchObject({ status: 'COMPLETED', outputs: 'ada' });
    const other = await startPeer((_request, response) => json(response, {}));
    const stolen = await runSpec(connected.caller, specWith(connected, {}, { inputs: { url: `${other.url}/v1/me` } }));
    expect(stolen).toMatchObject({ status: 'FAILED', error_detail: { code: 'secret-bound' } });
    expect(other.requests).toHaveLength(0);
    await other.close();
  });

  it('gets a new token when the one it has is refused, once', async () => {
    const connected = await makeConnected(seer);
    refusals = 1;
    const before = server.asked.refresh_token;
    expect(await runSpec(connected.caller, specWith(connected))).toMatchObject({ status: 'COMPLETED', outputs: 'ada' });
    expect(server.asked.refresh_token - before).toBe(1);
    expect(new Set(seen).size).toBe(2);
  });

  it('fails when even a new token is refused, and the connection says so', async () => {
    const connected = await makeConnected(seer);
    refusals = 100;
    const run = await runSpec(connected.caller, specWith(connected));
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'connection-needs-reauth', node_id: 'call' } });
    expect(seen).toHaveLength(2);
    const { body } = await connected.caller.get(`/v1/integrations/connections/${connected.connectionId}/health`);
    expect(body).toMatchObject({ status: 'reauth_required', reconnect_url: expect.stringContaining('http') });
    // Nobody knocks at a door that is known to be shut.
    await runSpec(connected.caller, specWith(connected));
    expect(seen).toHaveLength(2);
  });

  it('fails when access was taken back', async () => {
    const connected = await makeConnected(seer);
    await revoke(connected);
    const run = await runSpec(connected.caller, specWith(connected));
    expect(run).toMatchObject({
      status: 'FAILED',
      error_detail: { code: 'connection-needs-reauth', problem: { connection_id: connected.connectionId } },
    });
  });
});

describe('a run whose settings say on_reauth: wait', () => {
  it('waits for its account, and goes on when that is connected again', async () => {
    const connected = await makeConnected(seer);
    await revoke(connected);
    const { caller, connectionId, token } = connected;
    const started = await caller.post('/v1/runs', { spec: specWith(connected, { on_reauth: 'wait' }) });
    const waiting = await untilRun(caller, started.body.run_id, ['WAITING']);
    expect(waiting.waiting_for).toMatchObject([
      { type: 'reconnect', node_id: 'call', connection_id: connectionId, path: 'call.reconnect1' },
    ]);
    const steps = await caller.get(`/v1/runs/${waiting.run_id}/steps`);
    expect(steps.body.items.map(({ status }: { status: string }) => status)).toEqual(['COMPLETED']);
    const { body } = await caller.get(`/v1/runs/${waiting.run_id}/explain`);
    expect(JSON.stringify(body)).toContain(`waits until ${connectionId} is connected again`);
    const asked = seen.length;
    await authorize(seer, token);
    expect(await untilOver(caller, waiting.run_id)).toMatchObject({ status: 'COMPLETED', outputs: 'ada' });
    expect(seen.length).toBe(asked + 1);
  });

  it('goes on when somebody resumes it, and waits again when nothing has changed', async () => {
    const connected = await makeConnected(seer);
    await revoke(connected);
    const { caller, token } = connected;
    const started = await caller.post('/v1/runs', { spec: specWith(connected, { on_reauth: 'wait' }) });
    await untilRun(caller, started.body.run_id, ['WAITING']);
    expect((await caller.post(`/v1/runs/${started.body.run_id}/resume`, {})).status).toBe(202);
    const again = await untilRun(caller, started.body.run_id, ['WAITING'], ({ waiting_for: places }) =>
      places!.some(({ path }) => path === 'call.reconnect2'),
    );
    await authorize(seer, token);
    expect(await untilOver(caller, again.run_id)).toMatchObject({ status: 'COMPLETED', outputs: 'ada' });
  });

  it('wakes nobody else, and leaves approvals waiting', async () => {
    const [one, other] = [await makeConnected(seer), await makeConnected(seer)];
    await server.revokeAll();
    const spec = {
      ...specWith(one, { on_reauth: 'wait' }),
      nodes: [
        {
          id: 'both',
          type: 'parallel',
          branches: { a: specWith(one).nodes as object[], b: [{ id: 'ok', type: 'approval', title: 'Go on?' }] },
        },
      ],
      output: '${both.b.approved}',
    };
    const started = await one.caller.post('/v1/runs', { spec });
    const elsewhere = await other.caller.post('/v1/runs', { spec: specWith(other, { on_reauth: 'wait' }) });
    await untilRun(one.caller, started.body.run_id, ['WAITING']);
    await untilRun(other.caller, elsewhere.body.run_id, ['WAITING']);
    await authorize(seer, one.token);
    const left = await untilRun(
      one.caller,
      started.body.run_id,
      ['WAITING'],
      ({ waiting_for: places }) => places!.length === 1,
    );
    expect(left.waiting_for).toMatchObject([{ path: 'ok' }]);
    expect((await other.caller.get(`/v1/runs/${elsewhere.body.run_id}`)).body.status).toBe('WAITING');
    await one.caller.post(`/v1/runs/${left.run_id}/resume`, { value: { approved: true } });
    expect(await untilOver(one.caller, left.run_id)).toMatchObject({ status: 'COMPLETED', outputs: true });
  });
});
