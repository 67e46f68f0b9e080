import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';

const LIMIT = 3;

let seer: TestApp;

async function start(variables: Record<string, string>): Promise<void> {
  seer = await startApp(variables);
}

afterEach(() => seer.close());

describe('a limit of requests', () => {
  it('is each user’s own, and says when it begins anew', async () => {
    await start({ SEER_REQUESTS_PER_CREDENTIAL: String(LIMIT) });
    const [ada, grace] = [(await makeCaller(seer.app)).token, (await makeCaller(seer.app)).token];
    const statuses: number[] = [];
    for (let n = 0; n <= LIMIT; n++) statuses.push((await seer.stranger.as(ada).get('/v1/me')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);

    const refused = await seer.stranger.as(ada).get('/v1/me');
    expect(refused.body).toMatchObject({
      code: 'rate-limited',
      detail: expect.stringMatching(
        /^More than 3 requests came with the API keys of this user within a minute\. Try again in/,
      ),
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit-limit')).toBe(String(LIMIT));
    expect((await seer.stranger.as(grace).get('/v1/me')).status).toBe(200);
  });

  it('is one for all API keys of a user', async () => {
    await start({ SEER_REQUESTS_PER_CREDENTIAL: String(LIMIT) });
    const ada = seer.stranger.as((await makeCaller(seer.app, { scopes: ['keys:write'] })).token);
    const made = await ada.post('/v1/api-keys', { name: 'Another', scopes: ['keys:write'] });
    const another = seer.stranger.as(made.body.key);
    const statuses: number[] = [];
    for (const client of [another, ada, another, ada]) statuses.push((await client.get('/v1/me')).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });

  it('of addresses looks behind a proxy that is trusted', async () => {
    await start({ SEER_REQUESTS_PER_ADDRESS: String(LIMIT), SEER_TRUSTED_PROXIES: 'loopback' });
    const from = async (address: string) =>
      (await seer.stranger.get('/health/live', { 'x-forwarded-for': address })).status;
    for (let n = 0; n < LIMIT; n++) expect(await from('192.0.2.1')).toBe(200);
    expect(await from('192.0.2.1')).toBe(429);
    expect(await from('192.0.2.2')).toBe(200);
  });

  it('of addresses believes nobody else', async () => {
    await start({ SEER_REQUESTS_PER_ADDRESS: String(LIMIT) });
    const statuses: number[] = [];
    for (let n = 0; n <= LIMIT; n++) {
      const answer = await fetch(`${seer.url}/health/live`, { headers: { 'x-forwarded-for': `192.0.2.${n}` } });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});
