import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { egressWith, type LocalServer, startServer } from './egress.spec-helper.js';

const SECRETS = { authorization: 'Bearer 1', 'x-signature': 's', 'idempotency-key': 'i' };

/** A server that notes what it got, bodies included, and redirects as the request's path says: /307/next. */
async function startRecorder(locationOf: (place: string) => string): Promise<LocalServer & { bodies: string[] }> {
  const bodies: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    bodies.push(await text(request));
    const [, status, place = ''] = (request.url ?? '').split('/');
    if (status) response.writeHead(Number(status), { location: locationOf(place) });
    response.end();
  };
  const server = await startServer((request, response) => void answer(request, response));
  return Object.assign(server, { bodies });
}

/** Two origins; `away` of the first leads to the second, whose `back` leads to the first. */
async function startPair() {
  let backUrl = '';
  const other = await startRecorder(() => backUrl);
  const first = await startRecorder((place) => (place === 'away' ? `${other.url}/` : `${other.url}/302/back`));
  backUrl = `${first.url}/`;
  return {
    first,
    other,
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

const namesOf = (server: LocalServer, index: number) =>
  Object.keys(server.requests[index]?.headers ?? {}).filter((name) => !['host', 'connection'].includes(name));

describe('a confidential request', () => {
  it.each([307, 308])('does not send its body to another origin after %i', async (status) => {
    await using pair = await startPair();
    await using egress = egressWith();
    const request = { method: 'POST', url: `${pair.first.url}/${status}/away`, headers: SECRETS, body: 'secret' };
    await expect(egress.request({ ...request, confidential: true })).rejects.toMatchObject({
      code: 'egress-redirect-refused',
      message: expect.stringMatching(`^${pair.first.url} redirects to ${pair.other.url}, `),
    });
    expect(pair.first.bodies).toEqual(['secret']);
    expect(pair.other.connections()).toBe(0);

    await expect(egress.request(request)).resolves.toMatchObject({ status: 200 });
    expect(pair.other.bodies).toEqual(['secret']);
  });

  it.each([301, 302, 303])('becomes a GET without secrets on another origin after %i', async (status) => {
    await using pair = await startPair();
    await using egress = egressWith();
    const headers = { ...SECRETS, accept: 'text/plain', 'content-type': 'text/plain' };
    const request = { method: 'POST', url: `${pair.first.url}/${status}/away`, headers, body: 'secret' };
    await egress.request({ ...request, confidential: true });
    expect(pair.first.requests[0]?.headers).toMatchObject(SECRETS);
    expect(pair.other.requests[0]?.method).toBe('GET');
    expect(namesOf(pair.other, 0).sort()).toEqual(['accept', 'accept-encoding', 'user-agent']);
    expect(pair.other.bodies).toEqual(['']);
  });

  it('does not get its headers back when the chain returns', async () => {
    await using pair = await startPair();
    await using egress = egressWith();
    const url = `${pair.first.url}/302/round`;
    await egress.request({ method: 'GET', url, headers: SECRETS, confidential: true });
    expect(pair.first.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer 1', undefined]);
    expect(namesOf(pair.first, 1).sort()).toEqual(['accept-encoding', 'user-agent']);
  });
});
