import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { EgressInvalidRequestError } from './egress.errors.js';
import type { EgressService } from './egress.service.js';
import type { EgressRequest } from './egress.types.js';
import { isForbiddenHeader } from './request-target.js';

/** What libraries that take a `fetch` of their caller's ask for: what this heeds of the Fetch Standard's RequestInit. */
interface FetchInit {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** Anything a Fetch body may be. It is read whole before it is sent. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/** What the caller of such a library decides, for each of its requests. */
type FetchOptions = Pick<EgressRequest, 'timeoutMs' | 'maxBytes' | 'idleTimeoutMs' | 'confidential'>;

/** A Response of these statuses must have no body, not even an empty one. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The body is decoded already, and cookies are nobody's business. */
const HIDDEN_HEADERS: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'set-cookie']);

/**
 * The egress client as a `fetch`, for libraries. The body of the answer streams, under the limits of the request.
 * Redirects are answers: what is sent here holds secrets or decides about trust, and goes to known addresses.
 *
 * @throws EgressError as reading the body does; when the caller aborts, the signal's reason
 */
export function egressFetch(egress: Pick<EgressService, 'open'>, options: FetchOptions) {
  return async (url: string | URL, init: FetchInit = {}): Promise<Response> => {
    const { method = 'GET', signal } = init;
    const { headers, body } = await contentsOf(init);
    const answer = await egress.open({
      ...options,
      method,
      url: String(url),
      headers,
      ...(body && { body }),
      ...(signal && { signal }),
      followRedirects: false,
    });
    return new Response(bodyOf(answer.status, answer.body), {
      status: answer.status,
      headers: Object.entries(answer.headers).filter(([name]) => !HIDDEN_HEADERS.has(name)),
    });
  };
}

/** Headers and body of a request, as the Fetch Standard reads them: the kind of the body says its content type. */
async function contentsOf({ headers: given, body }: FetchInit): Promise<Pick<EgressRequest, 'headers' | 'body'>> {
  try {
    const headers = new Headers(given);
    for (const name of [...headers.keys()]) if (isForbiddenHeader(name)) headers.delete(name);
    if (body === undefined || body === null) return { headers: Object.fromEntries(headers) };

    const carrier = new Response(body as ConstructorParameters<typeof Response>[0]);
    const type = carrier.headers.get('content-type');
    if (type !== null && !headers.has('content-type')) headers.set('content-type', type);
    return { headers: Object.fromEntries(headers), body: Buffer.from(await carrier.arrayBuffer()) };
  } catch (error) {
    throw new EgressInvalidRequestError('The headers or the body cannot be sent.', { cause: error });
  }
}

function bodyOf(status: number, body: Readable): ReadableStream<Uint8Array> | null {
  if (!BODILESS.has(status)) return Readable.toWeb(body) as ReadableStream<Uint8Array>;
  body.resume();
  return null;
}
