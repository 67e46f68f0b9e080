import { type NextFunction, type Request, type Response } from 'express';
import { shortSeconds } from '../metrics/buckets.js';
import { defineHistogram } from '../metrics/define-metric.js';
import { type Span, startSpan } from '../tracing/tracing.js';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const duration = defineHistogram({
  name: 'seer_http_request_duration_seconds',
  help: 'From the first line of a request to the last byte of its answer; event streams last until somebody leaves.',
  labels: {
    method: methods,
    route: 'templates of the routes, such as `/v1/runs/:id`; `none` where no route was found',
    status: ['2xx', '3xx', '4xx', '5xx', 'aborted'],
  },
  buckets: shortSeconds,
});

/** Times every request, and begins its trace. */
export function observeRequests(request: Request, response: Response, next: NextFunction): void {
  const began = performance.now();
  const span = isWatching(request) ? undefined : startSpan(() => describe(request));
  response.once('close', () => {
    const route = routeOf(request);
    const status = response.writableFinished ? `${Math.floor(response.statusCode / 100)}xx` : 'aborted';
    duration.observe({ method: request.method, route, status }, (performance.now() - began) / 1_000);
    if (span) end(span, request, response, route);
  });
  if (span) span.within(next);
  else next();
}

/** Those who only look whether all is well would be most of what is traced. */
function isWatching({ path }: Request): boolean {
  return path.startsWith('/health/') || path === '/metrics';
}

/** The template of the route that took the request: paths themselves have no bounds, and some are secrets. */
function routeOf(request: Request): string {
  const { path } = (request.route as { path?: unknown } | undefined) ?? {};
  return typeof path === 'string' ? path : 'none';
}

function describe(request: Request) {
  const method = methods.includes(request.method) ? request.method : 'other';
  return {
    name: method,
    kind: 'server' as const,
    attributes: { 'http.request.method': method },
    cameWith: request.headers,
  };
}

function end(span: Span, { method }: Request, response: Response, route: string): void {
  if (route !== 'none') span.rename(`${method} ${route}`);
  span.set({ 'http.route': route, 'http.response.status_code': response.statusCode });
  if (!response.writableFinished) span.fail('aborted');
  else if (response.statusCode >= 500) span.fail(String(response.statusCode));
  span.end();
}
