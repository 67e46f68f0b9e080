import { providers } from '../src/oauth/index.js';
import { type Tool, toolCatalogue } from '../src/integrations/index.js';
import { startApp, type TestApp } from './support/app.js';

let seer: TestApp;

const SEND = 'https://www.googleapis.com/auth/gmail.send';

/** A tool that works with accounts of Google. */
const send: Tool = {
  ...toolCatalogue.get('http.request')!,
  key: 'gmail.send_email',
  provider: 'google',
  scopes: [SEND],
};

beforeAll(async () => {
  const variables = {
    SEER_OAUTH_GOOGLE_CLIENT_ID: 'id-of-google',
    SEER_OAUTH_GOOGLE_CLIENT_SECRET: 'secret-of-google',
    SEER_PUBLIC_URL: 'https://seer.test',
  };
  seer = await startApp(variables, undefined, { tools: new Map([...toolCatalogue, [send.key, send]]) });
});

afterAll(() => seer.close());

describe('GET /v1/integrations/providers', () => {
  it('lists every provider, and which this installation is registered with', async () => {
    const { status, body } = await seer.admin.get('/v1/integrations/providers');
    expect(status).toBe(200);
    expect(body.items.map((item: { key: string }) => item.key)).toEqual(providers.map(({ key }) => key));
    const google = body.items.find((item: { key: string }) => item.key === 'google');
    expect(google).toMatchObject({ title: 'Google', configured: true, base_scopes: ['openid', 'email'] });
    expect(google.scopes).toContainEqual({ scope: SEND, title: 'Send mail in your name' });
  });
});

describe('GET /v1/integrations/{provider}/authorize', () => {
  it('leads to the provider with state, PKCE and what is asked for', async () => {
    const { body } = await seer.admin.get(`/v1/integrations/google/authorize?scopes=${encodeURIComponent(SEND)}`);
    const url = new URL(body.authorization_url);
    expect(url.origin + url.pathname).toBe('https://accounts.google.com/o/oauth2/v2/auth');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      access_type: 'offline',
      prompt: 'consent',
      include_granted_scopes: 'true',
      response_type: 'code',
      client_id: 'id-of-google',
      redirect_uri: 'https://seer.test/v1/integrations/google/callback',
      scope: `openid email ${SEND}`,
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(Date.parse(body.expires_at) - Date.now()).toBeLessThanOrEqual(600_000);
  });
});

describe('GET /v1/integrations/{provider}/scopes', () => {
  it('tells which scopes tools need, and what for', async () => {
    const { body } = await seer.admin.get('/v1/integrations/google/scopes?tools=gmail.send_email');
    expect(body).toEqual({
      base_scopes: ['openid', 'email'],
      scopes: [{ scope: SEND, title: 'Send mail in your name', tools: ['gmail.send_email'] }],
    });
    expect((await seer.admin.get('/v1/integrations/google/scopes')).body.scopes).toEqual([]);
  });

  it('refuses tools that there are not, or that work with something else', async () => {
    for (const name of ['gmail.nonsense', 'http.request']) {
      const { status, body } = await seer.admin.get(`/v1/integrations/google/scopes?tools=${name}`);
      expect([status, body.code]).toEqual([422, 'tool-not-found']);
    }
  });
});

describe('the client of a provider', () => {
  it('is stored by an administrator, used, never shown again, and forgotten; that of the environment wins', async () => {
    const path = '/v1/admin/oauth-clients';
    const client = { client_id: 'id-of-acme', client_secret: 'secret-of-acme' };
    expect((await seer.admin.put(`${path}/github`, client)).status).toBe(
      providers.some(({ key }) => key === 'github') ? 204 : 404,
    );
    expect((await seer.admin.put(`${path}/google`, client)).status).toBe(204);
    const { body } = await seer.admin.get(path);
    expect(body.items).toContainEqual({
      provider: 'google',
      client_id: 'id-of-google',
      source: 'environment',
      redirect_uri: 'https://seer.test/v1/integrations/google/callback',
      updated_at: null,
    });
    expect(JSON.stringify(body)).not.toContain('secret-of');
    expect((await seer.admin.delete(`${path}/google`)).status).toBe(204);
    expect((await seer.admin.put(`${path}/nobody`, client)).status).toBe(404);
  });
});
