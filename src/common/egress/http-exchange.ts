import type { Dispatcher } from 'undici';
import { traceHeaders } from '../tracing/tracing.js';
import { EgressTooManyRedirectsError } from './egress.errors.js';
import type { EgressRequest, EgressStream } from './egress.types.js';
import { Lifetime } from './lifetime.js';
import { type Hop, leavesOrigin, nextHop, redirectLocation } from './redirects.js';
import { checkHeaders, checkMethod, parseTargetUrl } from './request-target.js';
import { ACCEPTED_CODINGS, openBody } from './response-body.js';
import { flattenHeaders } from './response-headers.js';
import { toEgressError } from './transport-errors.js';

const DEFAULT_MAX_BYTES = 5 * 1024 * 1024;
const DEFAULT_MAX_REDIRECTS = 5;

/** Sent unless the request says otherwise; some APIs refuse requests without a User-Agent. */
const DEFAULT_HEADERS = { 'user-agent': 'Seer', 'accept-encoding': ACCEPTED_CODINGS };

/**
 * Sends a request, follows its redirects and opens the last response. The dispatcher judges every new connection, so
 * every redirect target too. The request's limits hold until the body ends or is destroyed.
 */
export async function openExchange(dispatcher: Dispatcher, request: EgressRequest): Promise<EgressStream> {
  const lifetime = new Lifetime(request);
  try {
    const { response, hop } = await finalResponse(dispatcher, request, lifetime);
    return openResponse(response, hop, request, lifetime);
  } catch (error) {
    lifetime.end();
    throw error;
  }
}

interface Answered {
  readonly response: Dispatcher.ResponseData;
  readonly hop: Hop;
}

async function finalResponse(dispatcher: Dispatcher, request: EgressRequest, lifetime: Lifetime): Promise<Answered> {
  const stop = lifetime.signal;
  const { followRedirects = true, maxRedirects = DEFAULT_MAX_REDIRECTS, confidential = false } = request;
  const secretHeaders = (request.secretHeaders ?? []).map((name) => name.toLowerCase());
  let hop = firstHop(request);
  for (let redirects = 0; ; redirects++) {
    const response = await step(send(dispatcher, hop, stop), hop, stop);
    lifetime.heard();
    const location = followRedirects ? redirectLocation(response.statusCode, response.headers) : undefined;
    const staysAway = followRedirects === 'same-origin' && location !== undefined && leavesOrigin(location, hop.url);
    if (location === undefined || staysAway) return { response, hop };
    await step(response.body.dump(), hop, stop);
    if (redirects === maxRedirects) throw new EgressTooManyRedirectsError(hop.url.host, maxRedirects);
    hop = nextHop(hop, response.statusCode, location, { secretHeaders, confidential });
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
  const path = url.pathname + url.search;
  const traced = { ...traceHeaders(url.hostname), ...headers };
  return dispatcher.request({ origin: url.origin, path, method, headers: traced, body, signal });
}

function openResponse(
  { statusCode, headers, body: source }: Dispatcher.ResponseData,
  { url }: Hop,
  { maxBytes = DEFAULT_MAX_BYTES }: EgressRequest,
  lifetime: Lifetime,
): EgressStream {
  const contentEncoding = [headers['content-encoding'] ?? []].flat().join();
  const { signal } = lifetime;
  const nameError = (error: Error) => (signal.aborted ? (signal.reason as Error) : toEgressError(error, url.host));
  const body = openBody(
    source.on('data', () => lifetime.heard()),
    { contentEncoding, maxBytes, nameError },
  );
  lifetime.cover(body);
  try {
    return { status: statusCode, headers: flattenHeaders(headers), url: url.href, body };
  } catch (error) {
    body.destroy();
    throw error;
  }
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
