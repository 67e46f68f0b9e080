import { connect as openSocket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startApp, type TestApp } from '../support/app.js';
import { eventsOf, pathOf, subscribeEcho } from '../support/triggers.js';

const open = { verify: { type: 'none' } };

/** What comes, and what is said to it. */
const refused: readonly (readonly [
  what: string,
  send: { type?: string; body: string | Buffer; headers?: Record<string, string> },
  status: number,
  code: string,
])[] = [
  ['text/plain that is JSON', { type: 'text/plain', body: '{"n":1}' }, 415, 'media-type-unsupported'],
  ['a form', { type: 'application/x-www-form-urlencoded', body: 'n=1' }, 415, 'media-type-unsupported'],
  ['multipart', { type: 'multipart/form-data; boundary=x', body: '--x--' }, 415, 'media-type-unsupported'],
  ['no content type', { body: '{"n":1}' }, 415, 'media-type-unsupported'],
  ['another charset', { type: 'application/json; charset=utf-16', body: '{"n":1}' }, 415, 'media-type-unsupported'],
  ['a type with JSON inside', { type: 'text/json-ish; x=application/json', body: '{}' }, 415, 'media-type-unsupported'],
  [
    'a compressed body',
    { type: 'application/json', body: gzipSync('{}'), headers: { 'content-encoding': 'gzip' } },
    415,
    'content-encoding-unsupported',
  ],
  [
    'a body that is no UTF-8',
    { type: 'application/json', body: Buffer.from([0x22, 0xff, 0x22]) },
    400,
    'body-not-utf8',
  ],
  ['UTF-16', { type: 'application/json', body: Buffer.from('{"n":1}', 'utf16le') }, 400, 'json-malformed'],
  ['no JSON', { type: 'application/json', body: '{"n":' }, 400, 'json-malformed'],
  ['JSON that is no structure', { type: 'application/json', body: '7' }, 400, 'json-not-structured'],
  ['nothing', { type: 'application/json', body: '' }, 400, 'json-malformed'],
  ['a number that is none', { type: 'application/json', body: '{"n":1e400}' }, 400, 'json-number-too-large'],
  [
    'an integer that would change',
    { type: 'application/json', body: '{"n":9007199254740993}' },
    400,
    'json-integer-imprecise',
  ],
  ['NUL', { type: 'application/json', body: '{"n":"a\\u0000b"}' }, 400, 'nul-character'],
  ['half a surrogate pair', { type: 'application/json', body: '{"n":"\\ud800"}' }, 400, 'lone-surrogate'],
  ['depth', { type: 'application/json', body: `${'['.repeat(70)}${']'.repeat(70)}` }, 400, 'json-too-deep'],
  ['depth without end', { type: 'application/json', body: '['.repeat(500_000) }, 400, 'json-malformed'],
  ['more than 1 MB', { type: 'application/json', body: `{"n":"${'x'.repeat(1_048_576)}"}` }, 413, 'body-too-large'],
];

describe('a body that a webhook does not take', () => {
  let seer: TestApp;
  let path: string;
  let id: string;

  beforeAll(async () => {
    seer = await startApp();
    ({ webhook_url: path, subscription_id: id } = await subscribeEcho(seer.admin, 'webhook', open));
    path = pathOf(path);
  });
  afterAll(() => seer.close());

  it.each(refused)('%s is refused', async (_what, { type, body, headers }, status, code) => {
    const response = await fetch(seer.url + path, {
      method: 'POST',
      // Without a type, fetch would make one of a text.
      body: typeof body === 'string' ? Buffer.from(body) : body,
      headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
    });
    const problem = (await response.json()) as { code: string };
    expect([response.status, problem.code]).toEqual([status, code]);
  });

  it('leaves a line in the ledger at most, and nothing of what was in it', async () => {
    const events = await eventsOf(seer.admin, id);
    expect(new Set(events.map(({ verdict }: { verdict: string }) => verdict))).toEqual(new Set(['rejected']));
    for (const { event_id: eventId } of events) {
      const { body } = await seer.admin.get(`/v1/trigger-events/${eventId}`);
      expect(body).toMatchObject({ event_data: null, event_hash: null, run_id: null });
      expect(body.reason.length).toBeLessThan(1_000);
    }
    expect((await seer.admin.get('/v1/runs')).body.items).toEqual([]);
  });

  it('and a header that came twice are refused', async () => {
    const bearer = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'bearer' } });
    const answer = await raw(seer.url, pathOf(bearer.webhook_url), [
      `Authorization: Bearer ${bearer.secret}`,
      'Authorization: Bearer x',
      'Content-Type: application/json',
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('header-repeated');
    const types = await raw(seer.url, path, ['Content-Type: application/json', 'Content-Type: text/plain']);
    expect(types).toMatch(/^HTTP\/1.1 400 /);
    expect(types).toContain('header-repeated');
  });

  it('does not fill the ledger when it comes again and again', async () => {
    const bearer = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'bearer' } });
    for (let time = 0; time < 60; time++) {
      const answer = await seer.stranger.post(pathOf(bearer.webhook_url), {}, { authorization: 'Bearer wrong' });
      expect(answer).toMatchObject({ status: 401, body: { code: 'delivery-credentials-invalid' } });
    }
    const events = await eventsOf(seer.admin, bearer.subscription_id);
    // A minute may have begun in between.
    expect(events.length).toBeGreaterThanOrEqual(20);
    expect(events.length).toBeLessThanOrEqual(40);
    expect(JSON.stringify(events)).not.toContain(bearer.secret);
  });
});

/** A request as it is written here: fetch joins what comes twice. */
function raw(url: string, path: string, headers: readonly string[]): Promise<string> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host: hostname, port: Number(port) });
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (answer += text));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    const lines = [`POST ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', 'Content-Length: 2', ...headers];
    socket.write(`${lines.join('\r\n')}\r\n\r\n{}`);
  });
}
