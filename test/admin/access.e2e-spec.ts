import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { scopeNames } from '../../src/users/auth/scopes.js';

interface Operation {
  method: string;
  path: string;
}

let seer: TestApp;
let operations: Operation[];

beforeAll(async () => {
  seer = await startApp();
  const { paths } = (await (await fetch(`${seer.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/v1/admin/'))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })));
});

afterAll(() => seer.close());

/** What each operation of the admin API answers to somebody, by operation. */
async function answersTo(token?: string): Promise<Record<string, unknown>> {
  const client = token === undefined ? seer.stranger : seer.stranger.as(token);
  const answers = operations.map(async ({ method, path }): Promise<[string, unknown]> => {
    const { status, body } = await client.call<{ code: string }>(method, path.replaceAll(/\{\w+\}/g, 'x'));
    return [`${method} ${path}`, [status, body.code]];
  });
  return Object.fromEntries(await Promise.all(answers));
}

const all = (answer: unknown) =>
  Object.fromEntries(operations.map(({ method, path }): [string, unknown] => [`${method} ${path}`, answer]));

describe('the whole admin API', () => {
  it('is there', () => {
    expect(operations.map(({ method, path }) => `${method} ${path}`)).toEqual(
      expect.arrayContaining([
        'GET /v1/admin/connections',
        'GET /v1/admin/findings',
        'GET /v1/admin/jobs',
        'POST /v1/admin/jobs/{id}/redrive',
        'GET /v1/admin/queues',
        'GET /v1/admin/runs',
        'GET /v1/admin/runs/{id}',
        'POST /v1/admin/runs/{id}/cancel',
        'GET /v1/admin/storage',
        'GET /v1/admin/subscriptions',
        'GET /v1/admin/workers',
      ]),
    );
  });

  it('is closed to strangers', async () => {
    expect(await answersTo()).toEqual(all([401, 'credentials-missing']));
  });

  it('is closed to members, whatever their keys say', async () => {
    const { token } = await makeCaller(seer.app, { role: 'member', scopes: [...scopeNames] });
    expect(await answersTo(token)).toEqual(all([403, 'scope-missing']));
  });

  it('is closed to keys of administrators without the scope', async () => {
    const scopes = scopeNames.filter((scope) => scope !== 'admin');
    const { token } = await makeCaller(seer.app, { role: 'admin', scopes });
    expect(await answersTo(token)).toEqual(all([403, 'scope-missing']));
  });

  it('is open to administrators', async () => {
    const { token } = await makeCaller(seer.app, { role: 'admin', scopes: ['admin'] });
    const reads = operations.filter(({ method, path }) => method === 'GET' && !path.includes('{'));
    for (const { path } of reads) {
      expect([path, (await seer.stranger.as(token).get(path)).status]).not.toEqual([path, 403]);
    }
  });
});
