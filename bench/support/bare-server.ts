import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a peer is served behind: nothing but `node:http`. Answers the body's `inputs` and says where it listens. */
export function serveBare(answer: (inputs: unknown) => Promise<unknown>): void {
  const server = createServer((request, response) => void respond(request, response, answer));
  server.listen(0, '127.0.0.1', () => {
    console.log(`listens at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (inputs: unknown) => Promise<unknown>,
): Promise<void> {
  try {
    const { inputs } = JSON.parse(await text(request)) as { inputs: unknown };
    send(response, 200, await answer(inputs));
  } catch (error) {
    send(response, 500, { error: String(error) });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
  response.end(json);
}
