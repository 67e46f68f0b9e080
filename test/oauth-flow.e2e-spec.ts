import { type TestApp, startApp } from './support/app.js';
import { Browser } from './support/browser.js';
import { makeCaller } from './support/callers.js';
import { connect } from './support/database.js';
import { OAuthServer, PUBLIC_URL } from './support/oauth-server.js';

let server: OAuthServer;
let seer: TestApp;

beforeAll(async () => {
  server = await OAuthServer.start();
  seer = await startApp({ ...server.environment(), SEER_FRONTEND_ORIGINS: 'https://app.test' });
});

afterAll(async () => {
  await seer.close();
  await server.close();
});

/** Connects an account as a front end does. @returns where the browser ends */
async function connectAccount(token: string, query = '', browser = new Browser(seer.url)) {
  const { body } = await browser.api(`/v1/integrations/acme/authorize${query}`, { authorization: `Bearer ${token}` });
  return browser.open(body.authorization_url, { until: 'https://app.test/' });
}

describe('connecting an account', () => {
  it('takes a browser to the provider and back, and tells whose account it is and what was granted', async () => {
    const { token } = await makeCaller(seer.app);
    const caller = seer.stranger.as(token);
    const shown = await connectAccount(token, '?scopes=files.read');
    expect(shown).toMatchObject({ status: 200, text: expect.stringContaining('Acme: ada@acme.example is connected') });
    const { body } = await caller.get('/v1/integrations/connections');
    expect(body.items).toEqual([
      expect.objectContaining({
        connection_id: expect.stringMatching(/^conn_/),
        provider: 'acme',
        provider_account_id: 'ada',
        account_label: 'ada@acme.example',
        status: 'healthy',
        last_error: null,
      }),
    ]);
    expect(body.items[0].scopes.toSorted()).toEqual(['email', 'files.read', 'offline_access', 'openid']);
  });
});
