import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { EventEmitter, on } from 'node:events';
import protobuf from 'protobufjs';

/** What is needed of https://github.com/open-telemetry/opentelemetry-proto. */
const schema = `
  syntax = "proto3";
  message Export { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string text = 1; bool flag = 2; int64 whole = 3; double number = 4; } }`;
const exported = protobuf.parse(schema, { keepCase: true }).root.lookupType('Export');

interface Wire {
  resource_spans: {
    resource: { attributes: WireAttribute[] };
    scope_spans: { spans: WireSpan[] }[];
  }[];
}
type WireAttribute = { key: string; value: Record<string, string | number | boolean> };
interface WireSpan {
  trace_id: string;
  span_id: string;
  parent_span_id: string;
  name: string;
  attributes: WireAttribute[];
  links: { trace_id: string; span_id: string }[];
  status: { code: number } | null;
}

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentId: string;
  readonly name: string;
  readonly service: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
}

/** A receiver of OTLP over HTTP, as a collector is one. */
export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** All that was received, as it came. */
  readonly bytes: Buffer;
  /** Resolves when a span is there that is as wanted. */
  until(isWanted: (span: CollectedSpan) => boolean): Promise<CollectedSpan>;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const chunks: Buffer[] = [];
  const changes = new EventEmitter();
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    chunks.push(body);
    if (request.url === '/v1/traces') spans.push(...spansOf(body));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    changes.emit('change');
  };
  const server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    get bytes() {
      return Buffer.concat(chunks);
    },
    async until(isWanted) {
      const changed = on(changes, 'change');
      for (;;) {
        const found = spans.find(isWanted);
        if (found) return found;
        await changed.next();
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex');

function spansOf(body: Buffer): CollectedSpan[] {
  const options = { bytes: String, longs: Number, defaults: true, oneofs: false };
  const message = exported.toObject(exported.decode(body), options) as Wire;
  return message.resource_spans.flatMap(({ resource, scope_spans: scopes }) => {
    const { 'service.name': service } = attributesOf(resource.attributes);
    return scopes.flatMap(({ spans }) => spans.map((span) => collected(span, service)));
  });
}

function collected(span: WireSpan, service: unknown): CollectedSpan {
  return {
    traceId: hex(span.trace_id),
    spanId: hex(span.span_id),
    parentId: hex(span.parent_span_id),
    name: span.name,
    service,
    attributes: attributesOf(span.attributes),
    links: span.links.map((link) => ({ traceId: hex(link.trace_id), spanId: hex(link.span_id) })),
    isError: span.status?.code === 2,
  };
}

function attributesOf(attributes: readonly WireAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
