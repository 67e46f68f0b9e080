import { setTimeout as delay } from 'node:timers/promises';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { type McpTestServer, startModernServer, startSessionServer } from './support/mcp-server.js';
import { json, startPeer } from './support/peer.js';
import { makeResource, runTool } from './support/resources.js';

let seer: TestApp;
let old: McpTestServer;
let modern: McpTestServer;

beforeAll(async () => {
  [seer, old, modern] = await Promise.all([startApp(), startSessionServer(), startModernServer()]);
});

afterAll(async () => {
  await seer.close();
  await Promise.all([old.close(), modern.close()]);
});

const makeMcp = (url: string, secrets: object = { bearer_token: 'tok-123456' }, metadata: object = {}) =>
  makeResource(seer.admin, 'mcp_server', { url, ...metadata }, secrets);
const call = (resource: string, tool: string, given: object = {}, more: object = {}) =>
  runTool(seer.admin, 'mcp.call', resource, { tool, arguments: given }, more);
const test = async (id: string) => (await seer.admin.post(`/v1/integrations/resources/${id}/test`)).body;

describe.each([
  ['with sessions', () => old],
  ['of revision 2026-07-28', () => modern],
])('mcp.call of a server %s', (_kind, server) => {
  let resource: string;
  beforeAll(async () => {
    resource = await makeMcp(server().url);
  });

  it('gives what the tool gave', async () => {
    expect((await call(resource, 'add', { a: 1, b: 2 })).outputs).toEqual({
      content: [{ type: 'text', text: '3' }],
      structured: { sum: 3 },
      text: '3',
      is_error: false,
    });
    const given = { deep: [{ a: 'ä' }], nothing: null };
    const { outputs } = await call(resource, 'echo', given);
    expect(outputs).toMatchObject({ structured: null, text: `${JSON.stringify(given)}\nsecond` });
    expect(outputs.content[1]).toEqual({ type: 'image', data: 'AAAA', mimeType: 'image/png' });
  });

  it('sends the credentials with each request', async () => {
    server().requests.splice(0);
    await call(resource, 'add', { a: 1, b: 2 });
    expect(server().requests.length).toBeGreaterThan(0);
    for (const { headers } of server().requests) expect(headers.authorization).toBe('Bearer tok-123456');
  });

  it('fails when the tool says so, with its words', async () => {
    expect(await call(resource, 'fail')).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('fail failed: The printer is on fire.'),
      error_detail: { code: 'upstream-refused', problem: { content: [{ text: 'The printer is on fire.' }] } },
    });
  });

  it('fails when there is no such tool, and when the arguments do not fit', async () => {
    for (const run of [await call(resource, 'nothing'), await call(resource, 'add', { a: 'x' })]) {
      expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'upstream-refused' } });
    }
  });

  it('answers no questions of the server', async () => {
    expect(await call(resource, 'ask', {}, { timeout: '5s' })).toMatchObject({
      status: 'FAILED',
      error_detail: { code: 'upstream-refused' },
    });
  });

  it('ends with the node, and takes no answer without limits', async () => {
    expect(await call(resource, 'slow', {}, { timeout: '200ms' })).toMatchObject({
      error_detail: { code: 'node-timeout' },
    });
    expect(await call(resource, 'huge')).toMatchObject({ error_detail: { code: 'egress-response-too-large' } });
  });

  it('leaves no session behind', async () => {
    // Where a node was ended, goodbye is still being said; where it ended before it heard of its session, by nobody.
    const known = (id: string) => server().requests.some(({ headers }) => headers['mcp-session-id'] === id);
    while ([...server().sessions.keys()].some(known)) await delay(10);
    expect(server().requests.some(({ method }) => method === 'DELETE')).toBe(server() === old);
  });

  it('has tools that can be browsed', async () => {
    const path = `/v1/integrations/mcp/resources/tool?resource_id=${resource}`;
    const { body } = await seer.admin.get(path);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(['add', 'ask', 'echo', 'fail', 'huge', 'slow']);
    expect(body.items[0]).toEqual({ id: 'add', title: 'add', description: 'Adds.', url: null });
    const { body: found } = await seer.admin.get(`${path}&query=DDS`);
    expect(found.items).toHaveLength(1);
    const { body: part } = await seer.admin.get(`${path}&limit=4&cursor=add`);
    expect(part).toMatchObject({ items: [{ id: 'ask' }, {}, {}, { id: 'huge' }], next_cursor: 'huge' });
  });

  it('has a resource that says what it found when it is tested', async () => {
    expect(await test(resource)).toMatchObject({ ok: true, message: 'Test tools 1.2.3; 6 tools can be called.' });
  });
});

describe('a resource mcp_server', () => {
  it('says what is wrong with it', async () => {
    const picky = await startSessionServer({
      before: ({ headers }, response) => {
        if (headers.authorization === 'Bearer right-one') return false;
        response.writeHead(401, { 'www-authenticate': 'Bearer resource_metadata="http://127.0.0.1:1/meta"' }).end();
        return true;
      },
    });
    try {
      expect(await test(await makeMcp(picky.url))).toMatchObject({
        ok: false,
        code: 'upstream-refused',
        message: expect.stringContaining('does not accept the credentials'),
      });
      expect(await test(await makeMcp(picky.url, { bearer_token: 'right-one' }))).toMatchObject({ ok: true });
      // No dance: nothing but the server itself was asked.
      expect(new Set(picky.requests.map(({ url }) => url))).toEqual(new Set(['/mcp']));
    } finally {
      await picky.close();
    }
    expect(await test(await makeMcp('http://127.0.0.1:1/mcp'))).toMatchObject({
      ok: false,
      code: 'egress-connection-failed',
    });
    expect(await test(await makeMcp('http://10.0.0.1/mcp'))).toMatchObject({ ok: false, code: 'egress-denied' });
  });

  it('sends secrets in the headers that it names, and in arguments', async () => {
    const id = await makeMcp(old.url, { api_key: 'key-123456' }, { headers: { 'X-Api-Key': 'api_key' } });
    old.requests.splice(0);
    const run = await call(id, 'echo', { key: '${secrets.api_key}' });
    expect(run.outputs.text).toContain('{"key":"[secret]"}');
    expect(old.requests[0]!.headers).toMatchObject({ 'x-api-key': 'key-123456' });
    const { body } = await seer.admin.get(`/v1/runs/${run.run_id}/steps`);
    expect(JSON.stringify([run, body])).not.toContain('key-123456');
  });

  it('does not take its secrets to another origin, nor to a place that is none', async () => {
    const id = await makeMcp(old.url);
    for (const url of [modern.url, old.url.replace('http:', 'https:'), old.url.replace('127.0.0.1', 'localhost')]) {
      const { status, body } = await seer.admin.patch(`/v1/integrations/resources/${id}`, { metadata: { url } });
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'secrets-bound' });
    }
    for (const url of ['stdio:npx', 'file:///bin/sh', 'npx server', 'http://user:pass@127.0.0.1/', 'ws://127.0.0.1/']) {
      const request = { name: 'Test', resource_type: 'mcp_server', metadata: { url } };
      expect((await seer.admin.post('/v1/integrations/resources', request)).status).toBe(422);
    }
  });

  it('follows no redirect to another origin', async () => {
    const thief = await startPeer((_request, response) => json(response, {}));
    const bouncing = await startPeer((_request, response) => {
      response.writeHead(307, { location: `${thief.url}/mcp` }).end();
    });
    try {
      const run = await call(await makeMcp(`${bouncing.url}/mcp`), 'add', { a: 1, b: 2 });
      expect(run).toMatchObject({ status: 'FAILED' });
      expect(thief.requests).toEqual([]);
    } finally {
      await Promise.all([thief.close(), bouncing.close()]);
    }
  });

  it("of another user is as unknown as one that isn't there", async () => {
    const stranger = seer.stranger.as((await makeCaller(seer.app)).token);
    const ids = [await makeMcp(old.url), 'res_00000000-0000-7000-8000-000000000000'];
    const runs = await Promise.all(ids.map((id) => runTool(stranger, 'mcp.call', id, { tool: 'add' })));
    const shapes = runs.map((run, index) => JSON.stringify(run.errors ?? run.error_detail).replaceAll(ids[index]!, ''));
    expect(shapes[0]).toBe(shapes[1]);
    expect(shapes[0]).toContain('resource-not-found');
  });
});

describe('a session that the server has forgotten', () => {
  it('is begun anew, once, and the tool runs once', async () => {
    let forget = 1;
    const forgetful = await startSessionServer({
      before: ({ method, headers }, response) => {
        const isCall = method === 'POST' && headers['mcp-session-id'] !== undefined;
        // The first request in a session is `notifications/initialized`.
        if (!isCall || forget-- <= 0) return false;
        response.writeHead(404).end();
        return true;
      },
    });
    try {
      const id = await makeMcp(forgetful.url);
      expect((await call(id, 'add', { a: 1, b: 2 })).outputs.text).toBe('3');
      expect(forgetful.calls()).toBe(1);
      forget = Infinity;
      expect(await call(id, 'add', { a: 1, b: 2 })).toMatchObject({
        error: expect.stringContaining('forgotten the session'),
        error_detail: { code: 'upstream-error' },
      });
      expect(forgetful.calls()).toBe(1);
    } finally {
      await forgetful.close();
    }
  });
});
