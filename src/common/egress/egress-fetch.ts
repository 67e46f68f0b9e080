import { type EgressService } from './egress.service.js';

/** What libraries that take a `fetch` of their caller's ask for. */
interface FetchInit {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
}

/**
 * The egress client as a `fetch`, for libraries. Redirects are answers: what is sent here holds secrets or decides about
 * trust, and goes to known addresses.
 * @throws EgressError
 */
export function egressFetch(egress: Pick<EgressService, 'request'>, limits: { timeoutMs: number; maxBytes: number }) {
  return async (url: string | URL, { method = 'GET', headers, body, signal }: FetchInit = {}): Promise<Response> => {
    const answer = await egress.request({
      method,
      url: String(url),
      headers: Object.fromEntries(new Headers(headers)),
      ...(body !== undefined && body !== null && { body: String(body as string | URLSearchParams) }),
      ...(signal && { signal }),
      followRedirects: false,
      ...limits,
    });
    // A Response of these statuses must have no body, not even an empty one.
    const empty = answer.status === 204 || answer.status === 205 || answer.status === 304;
    return new Response(empty ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: headersOf(answer.headers),
    });
  };
}

function headersOf(given: Readonly<Record<string, string>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    // The body is decoded already, and cookies are nobody's business.
    if (!['content-encoding', 'content-length', 'set-cookie'].includes(name)) headers.set(name, value);
  }
  return headers;
}
