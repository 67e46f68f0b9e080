import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { jest } from '@jest/globals';
import { type Problem } from '../src/common/http/problems/problem.dto.js';
import { openApiDocument } from '../src/openapi.js';
import { makeCaller } from './support/callers.js';
import type pg from 'pg';
import { startApp, type TestApp } from './support/app.js';
import { connect } from './support/database.js';

let seer: TestApp;
let database: pg.Client;

beforeAll(async () => {
  seer = await startApp();
  database = await connect(seer.databaseUrl);
});

afterAll(async () => {
  await database.end();
  await seer.close();
});

describe('A stranger', () => {
  it('is refused on every route that is not public', async () => {
    const closed = Object.entries(openApiDocument(seer.app).paths).flatMap(([path, operations]) =>
      Object.entries(operations as Record<string, { security?: object[] }>)
        .filter(([, operation]) => !isPublic(operation))
        .map(([method]) => [method.toUpperCase(), path] as const),
    );
    expect(closed.length).toBeGreaterThan(3);
    for (const [method, path] of closed) {
      const answer = await seer.stranger.call<Problem>(method, path);
      expect([method, path, answer.status]).toEqual([method, path, 401]);
      expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer');
      expect(answer.body.code).toBe('credentials-missing');
    }
  });

  it.each([
    ['HEAD', '/v1/me'],
    ['GET', '/v1/me/'],
    ['GET', '/V1/ME'],
    ['GET', '//v1/me'],
    ['GET', '/v1//me'],
    ['GET', '/v1/%6de'],
    ['GET', '/health/live/../../v1/me'],
    ['GET', '/health/live/%2e%2e/%2e%2e/v1/me'],
    ['GET', '/health/live/..%2f..%2fv1/me'],
    ['GET', '/v1/me;/health/live'],
  ])('finds no way around by %s %s', async (method, path) => {
    expect([401, 404]).toContain(await statusOf(method, path));
  });

  it('may call a public route', async () => {
    expect((await seer.stranger.get('/health/live')).status).toBe(200);
  });
});

describe('A credential', () => {
  it('in the URL or a cookie is not looked at', async () => {
    const { token } = await makeCaller(seer.app);
    const answer = await seer.stranger.get(`/v1/me?access_token=${token}&token=${token}`, {
      cookie: `token=${token}; access_token=${token}`,
      'x-api-key': token,
    });
    expect(answer.status).toBe(401);
  });

  it.each([
    ['unknown', `sk_${'A'.repeat(43)}`],
    ['nothing of ours', 'hello'],
    ['too long', `sk_${'A'.repeat(8192)}`],
  ])('that is %s is refused', async (_what, token) => {
    const answer = await seer.stranger.as(token).get('/v1/me');
    expect([answer.status, answer.body.code]).toEqual([401, 'credentials-invalid']);
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('without the scope of a route is refused with the name of that scope', async () => {
    const { token } = await makeCaller(seer.app, { scopes: ['runs:read'] });
    const answer = await seer.stranger.as(token).get('/v1/api-keys');
    expect([answer.status, answer.body.code]).toEqual([403, 'scope-missing']);
    expect(answer.body.detail).toContain('"keys:read"');
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer error="insufficient_scope", scope="keys:read"');
  });

  it('of a former administrator has lost the scope admin', async () => {
    const { token, user } = await makeCaller(seer.app, { role: 'member', scopes: ['admin', 'runs:read'] });
    expect(user.role).toBe('member');
    expect((await seer.stranger.as(token).get('/v1/me')).body.scopes).toEqual(['runs:read']);
  });
});

describe('An API key', () => {
  it('says the same whether it is unknown, revoked or expired', async () => {
    const past = new Date(Date.now() - 1000);
    const tokens = await Promise.all([
      makeCaller(seer.app, { revokedAt: past }),
      makeCaller(seer.app, { expiresAt: past }),
    ]);
    const answers = await Promise.all(
      [`sk_${'B'.repeat(43)}`, ...tokens.map(({ token }) => token)].map((token) =>
        seer.stranger.as(token).get('/v1/me'),
      ),
    );
    for (const { status, body } of answers) {
      expect([status, body.code, body.detail]).toEqual([401, 'credentials-invalid', answers[0]!.body.detail]);
    }
  });

  it('is refused from the next request after its revocation', async () => {
    const { token, key } = await makeCaller(seer.app);
    expect((await seer.stranger.as(token).get('/v1/me')).status).toBe(200);
    expect((await seer.stranger.as(token).delete(`/v1/api-keys/${key.publicId}`)).status).toBe(204);
    expect((await seer.stranger.as(token).get('/v1/me')).status).toBe(401);
  });

  it('is refused by other processes too as soon as they hear of its revocation', async () => {
    const other = await startApp({}, seer.databaseUrl);
    try {
      const { token, key } = await makeCaller(seer.app);
      expect((await other.stranger.as(token).get('/v1/me')).status).toBe(200);
      await seer.stranger.as(token).delete(`/v1/api-keys/${key.publicId}`);
      await becomesRefused(other, token);
    } finally {
      await other.close();
    }
  });

  it('is refused after a revocation that could not be heard, during the silence and after it', async () => {
    const [asked, unasked] = [await makeCaller(seer.app), await makeCaller(seer.app)];
    const statusOf = async ({ token }: { token: string }) => (await seer.stranger.as(token).get('/v1/me')).status;
    expect([await statusOf(asked), await statusOf(unasked)]).toEqual([200, 200]);

    await database.query(`select pg_terminate_backend(pid) ${fromListeners}`);
    await until(async () => (await listeners()) === 0);
    expect(await statusOf(asked)).toBe(200);
    await database.query('update api_key set revoked_at = now() where id in ($1, $2)', [asked.key.id, unasked.key.id]);
    await becomesRefused(seer, asked.token);

    await until(async () => (await listeners()) === 1, 20_000);
    await becomesRefused(seer, unasked.token);
  });

  it('stops at its expiry, although it was used a moment ago', async () => {
    const { token } = await makeCaller(seer.app, { expiresAt: new Date(Date.now() + 3_600_000) });
    expect((await seer.stranger.as(token).get('/v1/me')).status).toBe(200);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    try {
      expect((await seer.stranger.as(token).get('/v1/me')).status).toBe(401);
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('notes its last use, not more than once a minute', async () => {
    const { token } = await makeCaller(seer.app);
    const lastUse = async () => {
      const { body } = await seer.stranger.as(token).get('/v1/api-keys');
      return body.items[0].last_used_at;
    };
    await seer.stranger.as(token).get('/v1/me');
    await until(async () => (await lastUse()) !== null);
    const first = await lastUse();
    for (let use = 0; use < 10; use++) await seer.stranger.as(token).get('/v1/me');
    expect(await lastUse()).toEqual(first);
  });
});

function isPublic({ security }: { security?: object[] }): boolean {
  return security !== undefined && (security.length === 0 || security.some((way) => Object.keys(way).length === 0));
}

/** Sends the path as it is: fetch would tidy it up first. */
async function statusOf(method: string, path: string): Promise<number> {
  const { hostname, port } = new URL(seer.url);
  const call = request({ method, hostname, port, path }).end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode!;
}

/** Connections that hear of revocations, by now. */
const fromListeners = `from pg_stat_activity
  where datname = current_database() and state = 'idle' and application_name = 'seer listen access_changed'`;

async function listeners(): Promise<number> {
  const { rows } = await database.query<{ count: number }>(`select count(*)::int as count ${fromListeners}`);
  return rows[0]!.count;
}

/** Well within the time for which a process would go on with what it knows. */
async function becomesRefused(app: TestApp, token: string): Promise<void> {
  await until(async () => (await app.stranger.as(token).get('/v1/me')).status === 401);
}

async function until(holds: () => Promise<boolean>, withinMs = 2_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`did not hold within ${withinMs} ms: ${holds.toString()}`);
  }
}
