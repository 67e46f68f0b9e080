import { startApp, type TestApp } from './support/app.js';
import { Browser } from './support/browser.js';
import { makeCaller } from './support/callers.js';
import { authorize, endIn, FRONT_END, makeConnected, tokenOf } from './support/connections.js';
import { makePublished, makeWorkflow, specOf } from './support/factories.js';
import { OAuthServer } from './support/oauth-server.js';

let server: OAuthServer;
let seer: TestApp;

beforeAll(async () => {
  server = await OAuthServer.start();
  seer = await startApp({ ...server.environment(), SEER_FRONTEND_ORIGINS: FRONT_END });
});

afterAll(async () => {
  await seer.close();
  await server.close();
});

beforeEach(() => Object.assign(server, { account: 'ada', consents: true, mishap: undefined }));

describe('connecting an account', () => {
  it('takes a browser to the provider and back, and tells whose account it is and what was granted', async () => {
    const { token } = await makeCaller(seer.app);
    const shown = await authorize(seer, token, '?scopes=files.read');
    expect(shown).toMatchObject({
      status: 200,
      text: expect.stringContaining('Acme: ada@acme.example is connected'),
    });
    const { body } = await seer.stranger.as(token).get('/v1/integrations/connections?provider=acme');
    const connection = {
      connection_id: expect.stringMatching(/^conn_/),
      provider: 'acme',
      provider_account_id: 'ada',
      account_label: 'ada@acme.example',
      status: 'healthy',
      last_error: null,
    };
    expect(body.items).toEqual([expect.objectContaining(connection)]);
    expect(body.items[0].scopes.toSorted()).toEqual(['email', 'files.read', 'offline_access', 'openid']);
    expect(Date.parse(body.items[0].expires_at) - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('sends the browser on to the front end with the id of the connection, and nothing else', async () => {
    const { token } = await makeCaller(seer.app);
    const { status, url } = await authorize(
      seer,
      token,
      `?redirect_to=${encodeURIComponent(`${FRONT_END}/done?tab=2`)}`,
    );
    expect(status).toBe(303);
    const { items } = (await seer.stranger.as(token).get('/v1/integrations/connections')).body;
    expect(url).toBe(`${FRONT_END}/done?tab=2&connection_id=${items[0].connection_id}`);
  });

  it('says what went wrong when its owner does not consent, on the page or to the front end', async () => {
    server.consents = false;
    const { token } = await makeCaller(seer.app);
    const page = await authorize(seer, token);
    expect(page).toMatchObject({
      status: 400,
      text: expect.stringContaining('Acme was not allowed to give Seer access'),
    });
    const { url } = await authorize(seer, token, `?redirect_to=${FRONT_END}/`);
    expect(new URL(url).searchParams.get('error')).toBe('oauth-authorization-refused');
    expect((await seer.stranger.as(token).get('/v1/integrations/connections')).body.items).toEqual([]);
  });

  it('can be done with several accounts; the same one again is the same connection', async () => {
    const connected = await makeConnected(seer);
    server.account = 'grace';
    await authorize(seer, connected.token);
    server.account = 'ada';
    await authorize(seer, connected.token);
    const { items } = (await connected.caller.get('/v1/integrations/connections')).body;
    expect(items.map((item: { account_label: string }) => item.account_label)).toEqual([
      'grace@acme.example',
      'ada@acme.example',
    ]);
    expect(items[1].connection_id).toBe(connected.connectionId);
  });

  it('can be done by a link in any browser, which asks first and says for whom', async () => {
    const { token } = await makeCaller(seer.app);
    const { body } = await seer.stranger.as(token).get('/v1/integrations/acme/authorize');
    const browser = new Browser(seer.url);
    const question = await browser.open(body.connect_url);
    expect(question.text).toContain('The Seer account <strong>ada@example.com</strong> wants to use your Acme account');
    expect(await browser.follow(question)).toMatchObject({
      status: 200,
      text: expect.stringContaining('is connected'),
    });
  });

  it('is not possible where the installation is not registered', async () => {
    const { status, body } = await seer.admin.get('/v1/integrations/google/authorize');
    expect([status, body.code]).toEqual([409, 'provider-not-configured']);
    expect((await seer.admin.get('/v1/integrations/nobody/authorize')).body.code).toBe('provider-not-found');
  });
});

describe('a connected account', () => {
  it('is used, ends, is refreshed and rotated, again and again, without a word to anybody', async () => {
    const connected = await makeConnected(seer);
    const tokens = [await tokenOf(seer, connected)];
    for (let round = 0; round < 3; round++) {
      expect(await server.ownerOf(tokens.at(-1)!)).toBe('ada');
      expect(await tokenOf(seer, connected)).toBe(tokens.at(-1));
      await endIn(seer, connected, 59);
      tokens.push(await tokenOf(seer, connected));
    }
    expect(new Set(tokens).size).toBe(4);
    expect(await server.ownerOf(tokens.at(-1)!)).toBe('ada');
    const { body } = await connected.caller.get(`/v1/integrations/connections/${connected.connectionId}`);
    expect(body).toMatchObject({ status: 'healthy', last_error: null });
    expect(Date.parse(body.expires_at) - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('can be refreshed on request', async () => {
    const connected = await makeConnected(seer);
    const before = await tokenOf(seer, connected);
    const { status, body } = await connected.caller.post(
      `/v1/integrations/connections/${connected.connectionId}/refresh`,
    );
    expect([status, body.status]).toEqual([200, 'healthy']);
    expect(await tokenOf(seer, connected)).not.toBe(before);
  });

  it('whose consent was taken back says so, names what depends on it, and is mended by a link; it keeps its id', async () => {
    const connected = await makeConnected(seer);
    const { caller, connectionId } = connected;
    const node = { id: 'n', type: 'set', value: connectionId };
    const live = await makePublished(caller, specOf([node]));
    const draft = await makeWorkflow(caller, specOf([node]), 'Only a draft');
    await server.revokeAll();
    await endIn(seer, connected, 0);
    await expect(tokenOf(seer, connected)).rejects.toThrow(/must be connected again: Acme refuses its refresh token/);
    const refreshed = await caller.post(`/v1/integrations/connections/${connectionId}/refresh`);
    expect([refreshed.status, refreshed.body.code]).toEqual([409, 'connection-needs-reauth']);

    const { body: health } = await caller.get(`/v1/integrations/connections/${connectionId}/health`);
    expect(health).toMatchObject({ status: 'reauth_required', problem: expect.stringContaining('invalid_grant') });
    expect(health.dependants).toEqual(
      expect.arrayContaining([
        { kind: 'workflow', id: live, name: 'Test', where: 'published version 1' },
        { kind: 'workflow', id: draft, name: 'Only a draft', where: 'draft' },
      ]),
    );

    const browser = new Browser(seer.url);
    await browser.follow(await browser.open(health.reconnect_url));
    const { body: mended } = await caller.get(`/v1/integrations/connections/${connectionId}`);
    expect(mended).toMatchObject({ connection_id: connectionId, status: 'healthy', last_error: null });
    expect(await server.ownerOf(await tokenOf(seer, connected))).toBe('ada');
  });

  it('can only be connected again with the account it belongs to', async () => {
    const connected = await makeConnected(seer);
    server.account = 'grace';
    const shown = await authorize(seer, connected.token, `?connection_id=${connected.connectionId}`);
    expect(shown).toMatchObject({ status: 409, text: expect.stringContaining('you signed in as grace@acme.example') });
    const { items } = (await connected.caller.get('/v1/integrations/connections')).body;
    expect(items.map((item: { account_label: string }) => item.account_label)).toEqual(['ada@acme.example']);
  });

  it('is given back to the provider when it is deleted', async () => {
    const connected = await makeConnected(seer);
    const accessToken = await tokenOf(seer, connected);
    const before = server.revocations;
    const { status, body } = await connected.caller.delete(`/v1/integrations/connections/${connected.connectionId}`);
    expect([status, body]).toEqual([200, { connection_id: connected.connectionId, upstream: 'revoked' }]);
    expect(server.revocations).toBe(before + 2);
    expect(await server.ownerOf(accessToken)).toBeUndefined();
    const gone = await connected.caller.get(`/v1/integrations/connections/${connected.connectionId}`);
    expect([gone.status, gone.body.code]).toEqual([404, 'connection-not-found']);
    await expect(tokenOf(seer, connected)).rejects.toThrow(/There is no connection/);
  });
});
