import { expectDocumented } from '../openapi.js';
import { type KnownIds } from './known-ids.js';
import { type FuzzOperation, type FuzzRequest, RawBody } from './operations.js';

/** How long an answer may take: streams are left after that, everything else is a fault. */
const PATIENCE_MS = 20_000;
/** Characters of a fault. */
const MOST_SHOWN = 2_000;

/**
 * Sends a request and checks the answer: not a 5xx but a documented 503, and as the document says.
 * @returns its status
 * @throws Error that shows the request
 */
export async function send(
  target: { url: string; token: string; known: KnownIds },
  { method, template }: FuzzOperation,
  request: FuzzRequest,
): Promise<number> {
  const path = pathOf(
    template,
    target.known.resolve(request.path) as Record<string, unknown>,
    request.query,
    target.known,
  );
  const body = request.body instanceof RawBody ? request.body.text : textOf(target.known.resolve(request.body));
  const shown = `${method} ${path} ${JSON.stringify(request.headers)} ${body ?? ''}`.slice(0, MOST_SHOWN / 2);
  const leave = new AbortController();
  const timer = setTimeout(() => leave.abort(new Error('no answer in time')), PATIENCE_MS);
  try {
    const response = await fetch(target.url + path, {
      method,
      redirect: 'manual',
      signal: leave.signal,
      headers: {
        authorization: `Bearer ${target.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(request.headers as Record<string, string>),
      },
      ...(body !== undefined && method !== 'GET' && { body }),
    });
    const answer = await answerOf(response, leave);
    if (answer.status >= 500) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    await expectDocumented(target.url, method, path, answer);
    target.known.learn(answer.body);
    return answer.status;
  } catch (error) {
    throw new Error(`${shown}\n→ ${String(error)}`.slice(0, MOST_SHOWN), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function answerOf(response: Response, leave: AbortController) {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    leave.abort();
    return { status, headers, body: '' };
  }
  const text = await response.text();
  return { status, headers, body: (/json/.test(type) && text !== '' ? JSON.parse(text) : text) as unknown };
}

function pathOf(template: string, path: Record<string, unknown>, query: FuzzRequest['query'], known: KnownIds): string {
  const filled = template.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encode(path[name]) || '%20');
  const search = query.map(([name, value]) => `${encode(name)}=${encode(known.resolve(value))}`).join('&');
  return search === '' ? filled : `${filled}?${search}`;
}

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

/** A lone surrogate has no UTF-8, so no URL can carry it; `.` and `..` are no path of their own either. */
function encode(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const encoded = encodeURIComponent(text.toWellFormed());
  return /^\.{1,2}$/.test(encoded) ? '%20' : encoded;
}
