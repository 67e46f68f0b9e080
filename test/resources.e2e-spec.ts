import { MikroORM } from '@mikro-orm/postgresql';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type Client } from './support/client.js';
import { runSpec, specOf } from './support/factories.js';
import { type ModelServer, startModelServer } from './support/model-server.js';
import { json, type Peer, startPeer } from './support/peer.js';
import { makeResource } from './support/resources.js';

const KEY = 'k-7f6e5d4c3b2a19080706';

let seer: TestApp;
let api: Peer;
let models: ModelServer;
let ada: Client;
let bob: Client;

beforeAll(async () => {
  seer = await startApp();
  models = await startModelServer(KEY);
  api = await startPeer((request, response, body) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    if (pathname === '/v1/echo') return json(response, { headers: request.headers, url: request.url, body });
    if (pathname === '/v1/fail') return json(response, { said: request.headers['x-api-key'] }, 400);
    if (pathname === '/v1/away') return response.writeHead(307, { location: `${models.url}/v1/models` }).end();
    if (pathname === '/v1/look') return response.writeHead(302, { location: `${models.url}/v1/models` }).end();
    return json(response, { ok: true });
  });
  ada = seer.stranger.as((await makeCaller(seer.app)).token);
  bob = seer.stranger.as((await makeCaller(seer.app)).token);
});

afterAll(async () => {
  await seer.close();
  await api.close();
  await models.close();
});

const path = '/v1/integrations/resources';
const makeApi = (client = ada, more: object = {}, secrets: Record<string, string> = { api_key: KEY }) =>
  makeResource(
    client,
    'http_api',
    { base_url: `${api.url}/v1`, headers: { 'X-Api-Key': 'api_key' }, ...more },
    secrets,
  );
const call = (resource: string, inputs: object) =>
  runSpec(ada, specOf([{ id: 'call', type: 'tool', tool: 'http.request', resource, inputs }]));

describe('resources', () => {
  it('refuse a stranger, and a key without the scope', async () => {
    const { token } = await makeCaller(seer.app, { scopes: ['workflows:read', 'resources:read'] });
    const reader = seer.stranger.as(token);
    expect((await reader.get(path)).status).toBe(200);
    expect((await reader.post(path, { name: 'x', resource_type: 'http_api' })).status).toBe(403);
    for (const [method, at] of [
      ['GET', path],
      ['POST', path],
      ['GET', `${path}/res_1`],
      ['PATCH', `${path}/res_1`],
      ['DELETE', `${path}/res_1`],
      ['GET', `${path}/res_1/secrets`],
      ['PUT', `${path}/res_1/secrets/a`],
      ['DELETE', `${path}/res_1/secrets/a`],
      ['POST', `${path}/res_1/test`],
      ['GET', '/v1/integrations/resource-types'],
      ['GET', '/v1/registries/models'],
    ]) {
      expect((await seer.stranger.call(method!, at!)).status).toBe(401);
    }
  });

  it('are saved, shown without their secrets, changed and deleted', async () => {
    const body = {
      name: 'Shop',
      resource_type: 'http_api',
      metadata: { base_url: `${api.url}/v1` },
      secrets: { bearer_token: KEY },
    };
    const created = await ada.post(path, body);
    expect(created.status).toBe(201);
    const { resource_id: id } = created.body;
    expect(created.headers.get('location')).toBe(`${path}/${id}`);
    expect(created.body).toMatchObject({
      name: 'Shop',
      provider: 'http',
      connection_id: null,
      metadata: { base_url: `${api.url}/v1`, test_path: '' },
      secret_keys: ['bearer_token'],
      status: 'ready',
    });
    expect((await ada.get(`${path}/${id}`)).body).toEqual(created.body);
    const renamed = await ada.patch(`${path}/${id}`, { name: 'Shop 2' });
    expect(renamed.body).toMatchObject({ name: 'Shop 2', secret_keys: ['bearer_token'] });
    const secrets = await ada.get(`${path}/${id}/secrets`);
    expect(secrets.body.items).toEqual([
      { key: 'bearer_token', created_at: expect.any(String), updated_at: expect.any(String) },
    ]);
    expect((await ada.delete(`${path}/${id}`)).status).toBe(204);
    expect((await ada.get(`${path}/${id}`)).status).toBe(404);
    const left = await seer.app
      .get(MikroORM)
      .em.fork()
      .execute(
        `select count(*)::int as n from integration_secret s join integration_resource r on r.id = s.resource_id where r.resource_id = ?`,
        [id.slice(4)],
      );
    expect(left).toEqual([{ n: 0 }]);
  });

  it('are listed newest first, page by page, by type', async () => {
    const carol = seer.stranger.as((await makeCaller(seer.app)).token);
    const ids = [];
    for (const name of ['one', 'two', 'three']) {
      ids.unshift(await makeResource(carol, 'http_api', { base_url: api.url }, { a: KEY, b: KEY }, { name }));
    }
    const first = await carol.get(`${path}?limit=2`);
    expect(first.body.items.map(({ resource_id: id }: any) => id)).toEqual(ids.slice(0, 2));
    expect(first.body.items[0].secret_keys).toEqual(['a', 'b']);
    const second = await carol.get(`${path}?limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body).toMatchObject({ items: [{ resource_id: ids[2] }], next_cursor: null });
    expect((await carol.get(`${path}?resource_type=anthropic`)).body.items).toEqual([]);
    expect((await bob.get(`${path}?cursor=${first.body.next_cursor}`)).status).toBe(400);
  });

  it('of others look like unknown ones, on every route', async () => {
    const id = await makeApi();
    const unknown = 'res_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b';
    for (const [method, suffix, body] of [
      ['GET', ''],
      ['PATCH', '', { name: 'mine' }],
      ['DELETE', ''],
      ['GET', '/secrets'],
      ['PUT', '/secrets/api_key', { value: 'mine' }],
      ['DELETE', '/secrets/api_key'],
      ['POST', '/test'],
    ] as [string, string, object?][]) {
      const foreign = await bob.call<any>(method, `${path}/${id}${suffix}`, body);
      const missing = await bob.call<any>(method, `${path}/${unknown}${suffix}`, body);
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, request_id: '' }).toEqual({
        ...JSON.parse(JSON.stringify(missing.body).replaceAll(unknown, id)),
        request_id: '',
      });
    }
    const run = await runSpec(
      bob,
      specOf([{ id: 'a', type: 'tool', tool: 'http.request', resource: id, inputs: { url: '/echo' } }]),
    );
    expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'resource-not-found' } });
    expect((await ada.get(`${path}/${id}`)).body.secret_keys).toEqual(['api_key']);
  });

  it.each([
    ['a type that there is not', { resource_type: 'nothing' }, 'resource-invalid', '/resource_type'],
    ['metadata that lack something', { metadata: {} }, 'resource-invalid', '/metadata/base_url'],
    [
      'metadata with something unknown',
      { metadata: { base_url: 'http://a.example', x: 1 } },
      'resource-invalid',
      '/metadata/x',
    ],
    ['an address that is none', { metadata: { base_url: 'a.example' } }, 'resource-invalid', '/metadata/base_url'],
    [
      'an address with a password',
      { metadata: { base_url: 'https://u:p@a.example' } },
      'resource-invalid',
      '/metadata/base_url',
    ],
    [
      'an address of another kind',
      { metadata: { base_url: 'file:///etc/passwd' } },
      'resource-invalid',
      '/metadata/base_url',
    ],
    ['a secret that is no text', { secrets: { a: 1 } }, 'resource-invalid', '/secrets/a'],
    ['an empty secret', { secrets: { a: '' } }, 'resource-invalid', '/secrets/a'],
    ['a secret with an odd key', { secrets: { 'A b': 'x' } }, 'resource-invalid', '/secrets/A b'],
    [
      'too many secrets',
      { secrets: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`s${n}`, 'x'])) },
      'resource-invalid',
      '/secrets',
    ],
    [
      'an account where none is needed',
      { connection_id: 'conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b' },
      'resource-invalid',
      '/connection_id',
    ],
    ['another provider than that of its type', { provider: 'google' }, 'resource-invalid', '/provider'],
  ])('are refused with %s', async (_name, wrong, code, pointer) => {
    const body = { name: 'x', resource_type: 'http_api', metadata: { base_url: 'https://a.example' }, ...wrong };
    const answer = await ada.post(path, body);
    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe(code);
    if (pointer) expect(answer.body.errors.map((fault: any) => fault.pointer)).toContain(pointer);
  });

  it('keep their secrets where they were given for', async () => {
    const id = await makeApi();
    const elsewhere = { base_url: models.url, headers: { 'X-Api-Key': 'api_key' } };
    const moved = await ada.patch(`${path}/${id}`, { metadata: elsewhere });
    expect(moved).toMatchObject({ status: 409, body: { code: 'secrets-bound' } });
    expect((await ada.patch(`${path}/${id}`, { metadata: { base_url: `${api.url}/v2` } })).status).toBe(200);
    await ada.delete(`${path}/${id}/secrets/api_key`);
    expect((await ada.patch(`${path}/${id}`, { metadata: elsewhere })).status).toBe(200);
  });

  it('are tried for real', async () => {
    const works = await ada.post(`${path}/${await makeApi()}/test`);
    expect(works.body).toMatchObject({ ok: true, code: null, message: expect.stringContaining('answered 200') });
    const lost = await makeResource(ada, 'http_api', { base_url: 'http://127.0.0.1:1' });
    expect((await ada.post(`${path}/${lost}/test`)).body).toMatchObject({
      ok: false,
      code: 'egress-connection-failed',
    });
    const denied = await makeResource(ada, 'http_api', { base_url: 'http://10.0.0.1' });
    expect((await ada.post(`${path}/${denied}/test`)).body).toMatchObject({ ok: false, code: 'egress-denied' });
    const wrong = await makeResource(ada, 'openai_compatible', { base_url: `${models.url}/v1` }, { api_key: 'no' });
    expect((await ada.post(`${path}/${wrong}/test`)).body).toMatchObject({ ok: false, code: 'upstream-refused' });
    await ada.put(`${path}/${wrong}/secrets/api_key`, { value: KEY });
    expect((await ada.post(`${path}/${wrong}/test`)).body).toMatchObject({
      ok: true,
      message: expect.stringContaining('tiny'),
    });
  });

  it('show the models that can be asked', async () => {
    const id = await makeResource(bob, 'openai_compatible', { base_url: `${models.url}/v1` }, { api_key: KEY });
    const { body } = await bob.get('/v1/registries/models');
    expect(body.items[0]).toMatchObject({ resource_type: 'openai_compatible', resources: [{ resource_id: id }] });
    const offered = await bob.get(`${body.items[0].browse_url}?resource_id=${id}&limit=1`);
    expect(offered.body).toMatchObject({ items: [{ id: 'large' }], next_cursor: expect.any(String) });
    const more = await bob.get(`${body.items[0].browse_url}?resource_id=${id}&cursor=${offered.body.next_cursor}`);
    expect(more.body).toMatchObject({ items: [{ id: 'tiny' }], next_cursor: null });
  });
});

describe('the secrets of a resource', () => {
  it('go with the request, and come back in no answer', async () => {
    const run = await call(await makeApi(), { url: '/echo', query: { a: 1 } });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { body: { url: '/v1/echo?a=1' } } });
    expect(run.outputs.body.headers['x-api-key']).toBe('[secret]');
    expect(api.requests.at(-1)!.headers['x-api-key']).toBe(KEY);
    const failed = await call(await makeApi(), { url: '/fail' });
    expect(failed).toMatchObject({ status: 'FAILED', error_detail: { problem: { body: { said: '[secret]' } } } });
  });

  it('are used as Bearer and Basic credentials', async () => {
    const bearer = await makeApi(ada, { headers: {} }, { bearer_token: KEY });
    expect((await call(bearer, { url: 'echo' })).status).toBe('COMPLETED');
    expect(api.requests.at(-1)!.headers.authorization).toBe(`Bearer ${KEY}`);
    const basic = await makeApi(ada, { headers: {}, username: 'ada' }, { password: KEY });
    const run = await call(basic, { url: '/echo' });
    const sent = `Basic ${Buffer.from(`ada:${KEY}`).toString('base64')}`;
    expect(api.requests.at(-1)!.headers.authorization).toBe(sent);
    expect(run.outputs.body.headers.authorization).toBe('Basic [secret]');
  });

  it('can stand in the inputs of a node, and what is made of them is hidden as well', async () => {
    const inputs = {
      method: 'POST',
      url: '/echo',
      headers: { 'x-sign': '${hash.sha256(secrets.api_key)}' },
      body: { key: 'it is ${secrets.api_key}', plain: 'visible' },
    };
    const run = await call(await makeApi(), inputs);
    const sent = api.requests.at(-1)!;
    expect(sent.headers['x-sign']).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(sent.body)).toEqual({ key: `it is ${KEY}`, plain: 'visible' });
    expect(JSON.stringify(run)).not.toContain(KEY);
    expect(JSON.stringify(run)).not.toContain(sent.headers['x-sign'] as string);
    expect(run.outputs.body.body).toContain('visible');
    const { body } = await ada.get(`/v1/runs/${run.run_id}/steps`);
    expect(body.items[0].inputs.body).toEqual({ key: 'it is [secret]', plain: 'visible' });
  });

  it('have a meaning nowhere else', async () => {
    const id = await makeApi();
    const report = async (node: object) =>
      (await ada.post('/v1/workflows/validate', { spec: specOf([{ id: 'call', ...node }]) })).body.errors.map(
        ({ code }: any) => code,
      );
    const tool = { type: 'tool', tool: 'http.request' };
    expect(await report({ type: 'set', value: '${secrets.api_key}' })).toEqual(['expression-unknown-name']);
    expect(await report({ ...tool, inputs: { url: '/echo' }, when: 'secrets.a == "b"' })).toEqual([
      'expression-unknown-name',
    ]);
    expect(await report({ ...tool, inputs: { url: 'http://a.example/${secrets.api_key}' } })).toEqual([
      'secrets-not-allowed',
    ]);
    expect(await report({ ...tool, resource: id, inputs: { url: '/${secrets.api_key}' } })).toEqual([]);
    expect(await report({ type: 'llm', model: 'm', prompt: '${secrets.api_key}' })).toContain(
      'expression-unknown-name',
    );
  });

  it('reach no other host: not by the URL, not by a redirect', async () => {
    const id = await makeApi();
    const before = models.requests.length;
    expect(await call(id, { url: `${models.url}/steal` })).toMatchObject({ error_detail: { code: 'secret-bound' } });
    expect(models.requests.length).toBe(before);
    expect(await call(id, { url: '/away', method: 'POST', body: 'secret' })).toMatchObject({
      error_detail: { code: 'egress-redirect-refused' },
    });
    expect(models.requests.length).toBe(before);
    await call(id, { url: '/look', headers: { 'x-custom': 'mine' } });
    const { headers } = models.requests.at(-1)!;
    expect(headers['x-api-key']).toBeUndefined();
    expect(headers['x-custom']).toBeUndefined();
  });
});
