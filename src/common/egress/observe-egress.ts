import { shortSeconds } from '../metrics/buckets.js';
import { defineCounter, defineHistogram } from '../metrics/define-metric.js';
import { inSpan, type SpanOptions } from '../tracing/tracing.js';
import { EgressError } from './egress.errors.js';
import type { EgressRequest, EgressStream } from './egress.types.js';

const failures = [
  'egress-denied',
  'egress-timeout',
  'egress-response-too-large',
  'egress-too-many-redirects',
  'egress-redirect-refused',
  'egress-dns-failure',
  'egress-connection-failed',
  'egress-invalid-url',
  'egress-invalid-request',
  'egress-protocol-error',
];

const duration = defineHistogram({
  name: 'seer_egress_request_duration_seconds',
  help: 'Outbound HTTP requests, redirects included, until the headers of the answer are there or it is known that none come.',
  labels: { outcome: ['2xx', '3xx', '4xx', '5xx', 'aborted', ...failures] },
  buckets: shortSeconds,
});

const connections = defineCounter({
  name: 'seer_egress_connections_total',
  help: 'Outbound connections for other protocols, such as those of databases and mail servers.',
  labels: { outcome: ['made', 'aborted', ...failures] },
});

/** Counts and traces one request. */
export async function observeRequest(request: EgressRequest, send: () => Promise<EgressStream>): Promise<EgressStream> {
  const began = performance.now();
  let outcome = 'aborted';
  try {
    return await inSpan(
      () => describe(request),
      async (span) => {
        const answer = await send();
        outcome = `${Math.floor(answer.status / 100)}xx`;
        span?.set({ 'http.response.status_code': answer.status });
        if (answer.status >= 400) span?.fail(String(answer.status));
        return answer;
      },
    );
  } catch (error) {
    outcome = outcomeOf(error);
    throw error;
  } finally {
    duration.observe({ outcome }, (performance.now() - began) / 1_000);
  }
}

export async function observeConnection<Connection>(connect: () => Promise<Connection>): Promise<Connection> {
  try {
    const connection = await connect();
    connections.add({ outcome: 'made' });
    return connection;
  } catch (error) {
    connections.add({ outcome: outcomeOf(error) });
    throw error;
  }
}

function outcomeOf(error: unknown): string {
  return error instanceof EgressError ? error.code : 'aborted';
}

/** Neither path nor query: secrets are in those. */
function describe({ method, url }: EgressRequest): SpanOptions {
  const target = URL.parse(url);
  return {
    name: 'egress',
    kind: 'client',
    attributes: {
      'http.request.method': method,
      'server.address': target?.hostname,
      'server.port': target?.port ? Number(target.port) : undefined,
    },
  };
}
