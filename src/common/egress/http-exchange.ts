import type { Dispatcher } from 'undici';
import { EgressTooManyRedirectsError } from './egress.errors.js';
import type { EgressRequest, EgressResponse } from './egress.types.js';
import { type Hop, nextHop, redirectLocation } from './redirects.js';
import { checkHeaders, checkMethod, parseTargetUrl } from './request-target.js';
import { ACCEPTED_CODINGS, readBody } from './response-body.js';
import { flattenHeaders } from './response-headers.js';
import { toEgressError } from './transport-errors.js';

const DEFAULT_MAX_BYTES = 5 * 1024 * 1024;
const DEFAULT_MAX_REDIRECTS = 5;

/** Sent unless the request says otherwise; some APIs refuse requests without a User-Agent. */
const DEFAULT_HEADERS = { 'user-agent': 'Seer', 'accept-encoding': ACCEPTED_CODINGS };

/**
 * Sends a request, follows its redirects and reads the last response. The dispatcher judges every new connection, so
 * every redirect target too.
 *
 * @param stop ends the exchange at once, wherever it is; its reason is thrown
 */
export async function exchange(
  dispatcher: Dispatcher,
  request: EgressRequest,
  stop: AbortSignal,
): Promise<EgressResponse> {
  const { followRedirects = true, maxRedirects = DEFAULT_MAX_REDIRECTS, maxBytes = DEFAULT_MAX_BYTES } = request;
  const secretHeaders = (request.secretHeaders ?? []).map((name) => name.toLowerCase());
  let hop = firstHop(request);
  for (let redirects = 0; ; redirects++) {
    const response = await step(send(dispatcher, hop, stop), hop, stop);
    const location = followRedirects ? redirectLocation(response.statusCode, response.headers) : undefined;
    if (location === undefined) return await step(read(response, hop, maxBytes), hop, stop);
    await step(response.body.dump(), hop, stop);
    if (redirects === maxRedirects) throw new EgressTooManyRedirectsError(hop.url.host, maxRedirects);
    hop = nextHop(hop, response.statusCode, location, secretHeaders);
  }
}

function firstHop(request: EgressRequest): Hop {
  return {
    method: checkMethod(request.method),
    url: parseTargetUrl(request.url),
    headers: { ...DEFAULT_HEADERS, ...checkHeaders(request.headers ?? {}) },
    body: request.body,
  };
}

function send(dispatcher: Dispatcher, hop: Hop, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const { method, url, headers, body } = hop;
  return dispatcher.request({ origin: url.origin, path: url.pathname + url.search, method, headers, body, signal });
}

async function read(response: Dispatcher.ResponseData, hop: Hop, maxBytes: number): Promise<EgressResponse> {
  const contentEncoding = [response.headers['content-encoding'] ?? []].flat().join();
  const body = await readBody(response.body, contentEncoding, maxBytes);
  return { status: response.statusCode, headers: flattenHeaders(response.headers), body, url: hop.url.href };
}

/** Waits for one step: an abort ends the wait, which undici alone does not while it connects; a failure gets its name. */
async function step<T>(work: Promise<T>, hop: Hop, stop: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(stop.reason);
  if (stop.aborted) abort();
  stop.addEventListener('abort', abort);
  try {
    return await Promise.race([aborted.promise, work]);
  } catch (error) {
    stop.throwIfAborted();
    throw toEgressError(error, hop.url.host);
  } finally {
    stop.removeEventListener('abort', abort);
  }
}
