import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** What a model says to one request. */
export interface ModelReply {
  text?: string;
  calls?: { name: string; arguments: object | string }[];
  /** Pieces that the text comes in; all at once when left out. */
  pieces?: string[];
  /** Waited for before the first piece. */
  before?: Promise<unknown>;
  /** Waited for before the last piece. */
  hold?: Promise<unknown>;
  usage?: { input: number; output: number };
  /** In place of an answer. */
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Says this much and breaks off. */
  breakAfter?: number;
}

/** A request as it came. */
export interface ModelRequestSeen {
  path: string;
  headers: IncomingMessage['headers'];
  body: any;
}

export interface ModelServer {
  readonly url: string;
  readonly requests: ModelRequestSeen[];
  /** Answers one by one; a function answers each as it likes. */
  reply(...replies: (ModelReply | ((request: ModelRequestSeen) => ModelReply))[]): void;
  close(): Promise<void>;
}

/** A server that speaks OpenAI's Chat Completions (streamed), and Anthropic's Messages, as their references describe them. */
export async function startModelServer(key = 'model-key'): Promise<ModelServer> {
  const requests: ModelRequestSeen[] = [];
  let replies: (ModelReply | ((request: ModelRequestSeen) => ModelReply))[] = [];
  const server = createServer((request, response) => {
    void handle(request, response);
  });
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const seen = { path: request.url!, headers: request.headers, body: text === '' ? null : JSON.parse(text) };
    requests.push(seen);
    const given = request.headers.authorization?.replace('Bearer ', '') ?? request.headers['x-api-key'];
    if (key !== '' && given !== key) return send(response, 401, { error: { message: `Incorrect API key: ${given}` } });
    if (seen.path.endsWith('/models')) return send(response, 200, { data: [{ id: 'tiny' }, { id: 'large' }] });
    const next = replies.length > 1 ? replies.shift()! : replies[0]!;
    const reply = typeof next === 'function' ? next(seen) : next;
    if (reply.status !== undefined) {
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      response.end(reply.body ?? JSON.stringify({ error: { message: 'not now', type: 'server_error' } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', ...reply.headers });
    const events = seen.path.endsWith('/messages') ? anthropicEvents(reply, seen) : openAiEvents(reply, seen);
    await reply.before;
    let count = 0;
    for (const event of events) {
      if (count++ === reply.breakAfter) {
        response.destroy();
        return;
      }
      if (event.isLast) await reply.hold;
      response.write(event.text);
    }
    response.end();
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    reply: (...given) => void (replies = given),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

interface Event {
  text: string;
  isLast?: boolean;
}

/** https://platform.openai.com/docs/api-reference/chat-streaming */
function* openAiEvents({ text, pieces, calls = [], usage }: ModelReply, { body }: ModelRequestSeen): Generator<Event> {
  const said = pieces ?? (text === undefined ? [] : [text]);
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: body.model,
      choices: [{ index: 0, delta, finish_reason: finish }],
    })}\n\n`;
  yield { text: chunk({ role: 'assistant', content: '' }) };
  for (const [index, piece] of said.entries()) {
    yield { text: chunk({ content: piece }), isLast: index === said.length - 1 };
  }
  for (const [index, { name, arguments: given }] of calls.entries()) {
    const written = typeof given === 'string' ? given : JSON.stringify(given);
    const half = Math.ceil(written.length / 2);
    yield {
      text: chunk({
        tool_calls: [
          { index, id: `call_${index}`, type: 'function', function: { name, arguments: written.slice(0, half) } },
        ],
      }),
    };
    yield { text: chunk({ tool_calls: [{ index, function: { arguments: written.slice(half) } }] }) };
  }
  yield { text: chunk({}, calls.length > 0 ? 'tool_calls' : 'stop') };
  const { input, output } = usage ?? { input: 10, output: 5 };
  const total = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  if (body.stream_options?.include_usage) {
    yield {
      text: `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: body.model, choices: [], usage: total })}\n\n`,
    };
  }
  yield { text: 'data: [DONE]\n\n' };
}

/** https://docs.anthropic.com/en/api/messages-streaming */
function* anthropicEvents(
  { text, pieces, calls = [], usage }: ModelReply,
  { body }: ModelRequestSeen,
): Generator<Event> {
  const said = pieces ?? (text === undefined ? [] : [text]);
  const { input, output } = usage ?? { input: 10, output: 5 };
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  yield {
    text: event('message_start', {
      message: {
        ...{ id: 'msg_1', type: 'message', role: 'assistant', model: body.model, content: [] },
        ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: input, output_tokens: 1 } },
      },
    }),
  };
  let index = 0;
  if (said.length > 0) {
    yield { text: event('content_block_start', { index, content_block: { type: 'text', text: '' } }) };
    for (const [at, piece] of said.entries()) {
      const delta = { type: 'text_delta', text: piece };
      yield { text: event('content_block_delta', { index, delta }), isLast: at === said.length - 1 };
    }
    yield { text: event('content_block_stop', { index: index++ }) };
  }
  for (const [at, { name, arguments: given }] of calls.entries()) {
    const block = { type: 'tool_use', id: `toolu_${at}`, name, input: {} };
    yield { text: event('content_block_start', { index, content_block: block }) };
    const json = typeof given === 'string' ? given : JSON.stringify(given);
    yield { text: event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: json } }) };
    yield { text: event('content_block_stop', { index: index++ }) };
  }
  const reason = calls.length > 0 ? 'tool_use' : 'end_turn';
  yield {
    text: event('message_delta', {
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: output },
    }),
  };
  yield { text: event('message_stop', {}) };
}
