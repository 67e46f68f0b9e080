import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { LiveKeyRing } from '../src/common/encryption/live-key-ring.js';
import { AccessTokens } from '../src/oauth/index.js';
import { startApp, type TestApp } from './support/app.js';
import { type Connected, endIn, makeConnected, tokenOf } from './support/connections.js';
import { connect } from './support/database.js';
import { OAuthServer } from './support/oauth-server.js';

const CALLERS = 100;
const ROUNDS = 20;

let server: OAuthServer;
/** Two processes of one installation. */
let seers: TestApp[];
let database: pg.Client;

beforeAll(async () => {
  server = await OAuthServer.start();
  const first = await startApp(server.environment());
  seers = [first, await startApp(server.environment(), first.databaseUrl)];
  database = await connect(first.databaseUrl);
});

afterAll(async () => {
  await database.end();
  for (const seer of seers) await seer.close();
  await server.close();
});

beforeEach(() => (server.mishap = undefined));

/** All callers of all processes ask at once. @returns what each got: a token, or a code */
async function askAtOnce({ ref }: Connected): Promise<string[]> {
  const asked = seers.flatMap(({ app }) => Array.from({ length: CALLERS }, () => app.get(AccessTokens).fresh(ref)));
  const got = await Promise.allSettled(asked);
  return got.map((one) => (one.status === 'fulfilled' ? one.value.accessToken : (one.reason as { code: string }).code));
}

describe('an access token that ends while 100 callers in each of two processes ask for it', () => {
  it('is refreshed exactly once, twenty times over', async () => {
    const connected = await makeConnected(seers[0]!);
    server.errors.length = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await endIn(seers[0]!, connected, 0);
      const before = server.asked.refresh_token;
      const tokens = new Set(await askAtOnce(connected));
      expect(server.asked.refresh_token - before).toBe(1);
      expect(tokens.size).toBe(1);
      expect(await server.ownerOf([...tokens][0]!)).toBe('ada');
    }
    expect(server.errors).toEqual([]);
  });

  it('needs its owner when the answer was lost after the provider had rotated, after two calls at most', async () => {
    const connected = await makeConnected(seers[0]!);
    const before = server.asked.refresh_token;
    await endIn(seers[0]!, connected, 0);
    server.mishap = 'cut';
    expect(new Set(await askAtOnce(connected))).toEqual(new Set(['connection-unavailable']));
    expect(server.asked.refresh_token - before).toBe(1);
    server.mishap = undefined;
    // Nobody asks again before the pause is over.
    expect(new Set(await askAtOnce(connected))).toEqual(new Set(['connection-unavailable']));
    expect(server.asked.refresh_token - before).toBe(1);
    await endIn(seers[0]!, connected, 0);
    expect(new Set(await askAtOnce(connected))).toEqual(new Set(['connection-needs-reauth']));
    expect(server.asked.refresh_token - before).toBe(2);
    const { body } = await connected.caller.get(`/v1/integrations/connections/${connected.connectionId}`);
    expect(body.status).toBe('reauth_required');
  });

  it('is left alone for as long as an overloaded provider wishes, and is healthy afterwards', async () => {
    const connected = await makeConnected(seers[0]!);
    await endIn(seers[0]!, connected, 0);
    const before = server.asked.refresh_token;
    server.mishap = 'overloaded';
    expect(new Set(await askAtOnce(connected))).toEqual(new Set(['connection-unavailable']));
    expect(server.asked.refresh_token - before).toBe(1);
    const path = `/v1/integrations/connections/${connected.connectionId}`;
    const { status, headers } = await connected.caller.post(`${path}/refresh`);
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(2);
    expect((await connected.caller.get(path)).body).toMatchObject({
      status: 'expiring',
      last_error: expect.stringContaining('it answered 503'),
    });
    server.mishap = undefined;
    await endIn(seers[0]!, connected, 0);
    expect(new Set(await askAtOnce(connected)).size).toBe(1);
    expect((await connected.caller.get(path)).body).toMatchObject({ status: 'healthy', last_error: null });
  });

  it('serves to its very end when there is no new one yet', async () => {
    const connected = await makeConnected(seers[0]!);
    const [known] = new Set(await askAtOnce(connected));
    await endIn(seers[0]!, connected, 30);
    server.mishap = 'overloaded';
    expect(new Set(await askAtOnce(connected))).toEqual(new Set([known]));
  });

  it('is not lost with the connection to the database, although the provider has rotated', async () => {
    const connected = await makeConnected(seers[0]!);
    await endIn(seers[0]!, connected, 0);
    let cut = 0;
    server.meanwhile = async () => {
      const waiting = `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction' and query like '%oauth_connection%'`;
      cut += (await database.query(waiting)).rowCount ?? 0;
    };
    const before = server.asked.refresh_token;
    const token = await tokenOf(seers[0]!, connected);
    server.meanwhile = undefined;
    expect(cut).toBe(1);
    expect(server.asked.refresh_token - before).toBe(1);
    expect(await server.ownerOf(token)).toBe('ada');
    // The one that was rotated to was stored: the next refresh works.
    await endIn(seers[0]!, connected, 0);
    expect(await server.ownerOf(await tokenOf(seers[1]!, connected))).toBe('ada');
  });

  it('is not lost with the keys to encrypt it with, although the provider has rotated', async () => {
    const connected = await makeConnected(seers[0]!);
    await endIn(seers[0]!, connected, 0);
    let back: Promise<unknown> | undefined;
    server.meanwhile = async () => {
      await database.query('alter table encryption_key rename to hidden');
      // As if it had not been seen for a long time.
      Object.assign(seers[0]!.app.get(LiveKeyRing), { readAtMs: -Infinity });
      back = delay(1_000).then(() => database.query('alter table hidden rename to encryption_key'));
    };
    const before = server.asked.refresh_token;
    const token = await tokenOf(seers[0]!, connected);
    server.meanwhile = undefined;
    await back;
    expect(server.asked.refresh_token - before).toBe(1);
    expect(await server.ownerOf(token)).toBe('ada');
    await endIn(seers[0]!, connected, 0);
    expect(await server.ownerOf(await tokenOf(seers[1]!, connected))).toBe('ada');
  });
});
