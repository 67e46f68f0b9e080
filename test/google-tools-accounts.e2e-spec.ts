import { connect, makeOwner, type Owner, runTool, stepError, withLocal } from './support/accounts.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { endIn } from './support/connections.js';
import { specOf } from './support/factories.js';
import { allGoogleScopes, googleError, googleScopes, GoogleServer } from './support/google-server.js';
import { json, type Peer, startPeer } from './support/peer.js';

let seer: TestApp;
let google: GoogleServer;
let ada: Owner;
let elsewhere: Peer;

const connections = '/v1/integrations/connections';

beforeAll(async () => {
  google = await GoogleServer.start();
  elsewhere = await startPeer((_request, response) => json(response, { id: 'x', threadId: 'x' }));
  seer = await startApp(google.registration, undefined, { providers: withLocal('google', google.local) });
  ada = await makeOwner(seer, 'google', allGoogleScopes);
});

afterAll(async () => {
  await seer.close();
  await google.close();
  await elsewhere.close();
});

beforeEach(() => {
  google.reset();
  elsewhere.requests.length = 0;
});

const search = (inputs: object = {}, more: object = {}) => runTool(ada.caller, 'gmail.search_messages', inputs, more);

describe('an answer that is no success', () => {
  it.each([
    [403, 'forbidden', 'upstream-refused', 1],
    [403, 'insufficientPermissions', 'upstream-refused', 1],
    [404, 'notFound', 'upstream-refused', 1],
    [409, 'conflict', 'upstream-refused', 1],
    [400, 'failedPrecondition', 'upstream-refused', 1],
    [403, 'rateLimitExceeded', 'upstream-error', 3],
    [403, 'userRateLimitExceeded', 'upstream-error', 3],
    [403, 'quotaExceeded', 'upstream-error', 3],
    [429, 'rateLimitExceeded', 'upstream-error', 3],
    [500, 'backendError', 'upstream-error', 3],
    [503, 'backendError', 'upstream-error', 3],
  ])('%i (%s) is %s, after %i attempts of three', async (status, reason, code, attempts) => {
    for (let index = 0; index < 3; index++)
      google.api.mishaps.push(googleError(status, reason, 'It says why', { 'retry-after': '0' }));
    const run = await search({}, { retry: { max_attempts: 3, initial_interval: '1ms' } });
    expect(run).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining(`answered ${status} to GET: It says why (${reason}).`),
      error_detail: { code },
    });
    expect(google.api.calls).toHaveLength(attempts);
    expect(await stepError(ada.caller, run.run_id)).toMatchObject({
      code,
      problem: { status, body: { error: { message: 'It says why' } } },
    });
  });

  it('that is too large is refused, and the process lives', async () => {
    google.api.mishaps.push({ body: JSON.stringify({ messages: 'x'.repeat(6_000_000) }) });
    expect(await search()).toMatchObject({ error_detail: { code: 'egress-response-too-large' } });
  });
});

describe('a token', () => {
  it('that has ended is renewed before it is sent, and the new one goes to the API', async () => {
    const owner = await makeOwner(seer, 'google', allGoogleScopes);
    await runTool(owner.caller, 'gmail.search_messages', {});
    const before = google.auth.asked.refresh_token;
    await endIn(seer, { ref: { connectionId: owner.connectionId.slice('conn_'.length), userId: '' } }, 0);
    expect((await runTool(owner.caller, 'gmail.search_messages', {})).status).toBe('COMPLETED');
    expect(google.auth.asked.refresh_token - before).toBe(1);
    expect(new Set(google.api.tokens).size).toBe(2);
  });

  it('that Google forgot is renewed once, and the call is made again', async () => {
    const owner = await makeOwner(seer, 'google', allGoogleScopes);
    await runTool(owner.caller, 'gmail.search_messages', {});
    google.api.forgotten.add(google.api.tokens[0]!);
    const before = google.auth.asked.refresh_token;
    const mail = { to: ['bob@example.com'], subject: 'Hi', text: 'Hello' };
    expect((await runTool(owner.caller, 'gmail.send_email', mail)).status).toBe('COMPLETED');
    expect(google.auth.asked.refresh_token - before).toBe(1);
    expect(google.sent).toHaveLength(1);
    expect(google.api.tokens).toHaveLength(3);
  });

  it('whose successor is refused too fails the run, and the connection waits for its owner', async () => {
    const owner = await makeOwner(seer, 'google', allGoogleScopes);
    google.api.refusesAll = true;
    const retry = { max_attempts: 3, initial_interval: '1ms' };
    expect(await runTool(owner.caller, 'gmail.search_messages', {}, { retry })).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('must be connected again'),
      error_detail: { code: 'connection-needs-reauth' },
    });
    expect(google.api.tokens).toHaveLength(2);
    const path = `${connections}/${owner.connectionId}`;
    expect((await owner.caller.get(path)).body).toMatchObject({ status: 'reauth_required' });
    expect((await owner.caller.get(`${path}/health`)).body).toMatchObject({
      status: 'reauth_required',
      problem: expect.stringContaining('refuses even a new access token'),
      reconnect_url: expect.stringContaining('/v1/integrations/google/connect/'),
    });
    google.api.refusesAll = false;
    await connect(seer, owner.token, 'google', allGoogleScopes);
    expect((await runTool(owner.caller, 'gmail.search_messages', {})).status).toBe('COMPLETED');
  });

  it('goes nowhere else, nor does a mail, and is never in what comes back', async () => {
    for (const status of [302, 307]) {
      google.api.mishaps.push({ status, headers: { location: `${elsewhere.url}/gmail` } });
      const mail = { to: ['bob@example.com'], subject: 'Hi', text: 'Hello' };
      expect(await runTool(ada.caller, 'gmail.send_email', mail)).toMatchObject({
        error: expect.stringContaining(`answered ${status} to POST`),
        error_detail: { code: 'upstream-refused' },
      });
    }
    expect(elsewhere.requests).toEqual([]);
    const token = google.api.tokens.at(-1)!;
    google.api.mishaps.push({ status: 400, body: { error: { message: `You sent ${token}`, token } } });
    const run = await search();
    const steps = (await ada.caller.get(`/v1/runs/${run.run_id}/steps`)).body;
    expect(run.error).toContain('You sent [secret]');
    expect(JSON.stringify([run, steps])).not.toContain(token);
  });
});

describe('the account of a node', () => {
  const preflight = async (owner: Owner, node: object) => {
    const spec = specOf([{ id: 'call', type: 'tool', ...node }]);
    return (await owner.caller.post('/v1/workflows/validate', { spec })).body;
  };

  it('that lacks scopes is found before the run and in it, with the way to get them', async () => {
    const owner = await makeOwner(seer, 'google', ['email', googleScopes.read]);
    const node = { tool: 'google_sheets.read_range', inputs: { spreadsheet_id: google.sheetId, range: 'A1' } };
    const report = await preflight(owner, node);
    const messages = JSON.stringify(report);
    expect(messages).toContain('connection-scopes-missing');
    expect(messages).toContain(encodeURIComponent(googleScopes.sheetsRead));
    const run = await runTool(owner.caller, node.tool, node.inputs);
    expect(JSON.stringify(run)).toContain('connection-scopes-missing');
    expect(google.api.requests).toHaveLength(0);
    // A wider scope is as good.
    await connect(seer, owner.token, 'google', ['email', googleScopes.sheets]);
    google.sheets.set('A1', []);
    expect((await runTool(owner.caller, node.tool, node.inputs)).status).toBe('COMPLETED');
  });

  it('must be named when there are two, and both are', async () => {
    google.auth.account = 'first';
    const owner = await makeOwner(seer, 'google', allGoogleScopes);
    google.auth.account = 'second';
    const second = await connect(seer, owner.token, 'google', allGoogleScopes);
    google.auth.account = 'ada';
    const report = JSON.stringify(await preflight(owner, { tool: 'gmail.search_messages' }));
    for (const word of ['connection-ambiguous', owner.connectionId, second, 'first@', 'second@']) {
      expect(report).toContain(word);
    }
    expect((await runTool(owner.caller, 'gmail.search_messages', {}, { connection: second })).status).toBe('COMPLETED');
    expect(google.api.calls.map(({ account }) => account)).toEqual(['second']);
  });

  it('of somebody else is unknown, as is one that does not exist', async () => {
    const { token } = await makeCaller(seer.app);
    const stranger = seer.stranger.as(token);
    const unknown = 'conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';
    const tell = async (connection: string) => {
      const run = await runTool(stranger, 'gmail.search_messages', {}, { connection });
      return JSON.stringify(run.errors ?? run.error_detail ?? run)
        .replaceAll(connection, 'it')
        .replaceAll(run.run_id, '');
    };
    expect(await tell(ada.connectionId)).toBe(await tell(unknown));
    expect(await tell(unknown)).toContain('connection-not-found');
    expect(google.api.requests).toHaveLength(0);
  });

  it('must be one of the provider of the tool', async () => {
    const inputs = { owner: 'o', repo: 'r' };
    const run = await runTool(ada.caller, 'github.get_repo', inputs, { connection: ada.connectionId });
    expect(JSON.stringify(run)).toContain('connection-unfit');
  });
});

describe('a google_account', () => {
  it('is tested by asking Google whose it is', async () => {
    const made = await ada.caller.post('/v1/integrations/resources', {
      name: 'My Google',
      resource_type: 'google_account',
      connection_id: ada.connectionId,
    });
    expect(made.status).toBe(201);
    const path = `/v1/integrations/resources/${made.body.resource_id}`;
    expect((await ada.caller.post(`${path}/test`)).body).toMatchObject({
      ok: true,
      message: 'The Google account of ada@gmail.example.',
      code: null,
    });
    google.api.mishaps.push(googleError(503, 'backendError', 'Backend Error'));
    expect((await ada.caller.post(`${path}/test`)).body).toMatchObject({ ok: false, code: 'upstream-error' });
    const run = await runTool(ada.caller, 'gmail.search_messages', {}, { resource: made.body.resource_id });
    expect(run.status).toBe('COMPLETED');
  });
});
