import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  DiagLogLevel,
  type Link,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { Logger } from '@nestjs/common';
import { type TracingSetting } from '../config/tracing-variables.js';
import { RunIds } from './run-ids.js';
import { traceOfRun } from './run-trace.js';
import { samplerOf } from './sampler.js';
import { type RunOfSpan, type Span, type SpanAttributes, type SpanOptions, type Tracer } from './tracing.js';

const kinds: Record<SpanOptions['kind'], SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

/** What is left when a process stops is sent within this time, or not at all. */
const LAST_SPANS_MS = 2_000;

/**
 * Spans by OpenTelemetry. Nothing of it is global: other libraries that look for a global tracer, as pg-boss does, would
 * trace each of their polls.
 */
export class OpenTelemetry implements Tracer {
  private readonly contexts = new AsyncLocalStorageContextManager();
  private readonly propagator = new W3CTraceContextPropagator();
  private readonly ids = new RunIds();
  private readonly provider: TracerProvider;
  private readonly tracer: OtelTracer;

  constructor(
    private readonly setting: TracingSetting,
    version: string,
  ) {
    tellOperators();
    const own = resourceFromAttributes({ 'service.name': 'seer', 'service.version': version });
    const given = detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] });
    this.provider = new TracerProvider({
      resource: defaultResource().merge(own).merge(given),
      sampler: samplerOf(setting),
      idGenerator: this.ids,
      spanProcessors: [
        new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: setting.delay }),
      ],
    });
    this.tracer = this.provider.getTracer('seer', version);
  }

  start(options: SpanOptions): Span {
    const active = this.contexts.active();
    const { name, attributes, run } = options;
    const links = run ? linksOf(run, trace.getSpanContext(active)) : [];
    const begin = (context: Context) =>
      this.tracer.startSpan(name, { kind: kinds[options.kind], attributes: present(attributes), links }, context);
    if (!run) return this.wrap(begin(this.parentOf(options, active)));
    const span = this.ids.forRun(run, () => begin(ROOT_CONTEXT));
    if (run.isAskedFor) trace.getSpan(active)?.addLink({ context: span.spanContext() });
    return this.wrap(span);
  }

  linkRun(runId: string): void {
    const context = { ...traceOfRun(runId), traceFlags: TraceFlags.SAMPLED, isRemote: true };
    trace.getSpan(this.contexts.active())?.addLink({ context });
  }

  headersFor(host: string): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.mayKnow(host.toLowerCase())) {
      this.propagator.inject(this.contexts.active(), headers, defaultTextMapSetter);
    }
    return headers;
  }

  /** Sends what is left. Never throws. */
  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, LAST_SPANS_MS)));
    await Promise.race([this.provider.shutdown().catch(() => {}), late]);
    clearTimeout(timer);
  }

  private parentOf({ cameWith, isRoot }: SpanOptions, active: Context): Context {
    if (isRoot) return ROOT_CONTEXT;
    return cameWith ? this.propagator.extract(ROOT_CONTEXT, cameWith, defaultTextMapGetter) : active;
  }

  private wrap(span: OtelSpan): Span {
    const context = trace.setSpan(ROOT_CONTEXT, span);
    return {
      within: (work) => this.contexts.with(context, work),
      set: (attributes) => void span.setAttributes(present(attributes)),
      rename: (name) => void span.updateName(name),
      fail: (code) => void span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR }),
      end: () => span.end(),
    };
  }

  private mayKnow(host: string): boolean {
    return this.setting.hosts.some((known) =>
      known.startsWith('*.') ? host.endsWith(known.slice(1)) : host === known,
    );
  }
}

function linksOf({ parentId, isAskedFor }: RunOfSpan, active: Link['context'] | undefined): Link[] {
  const links: Link[] = [];
  if (isAskedFor && active) links.push({ context: active });
  if (parentId) links.push({ context: { ...traceOfRun(parentId), traceFlags: TraceFlags.SAMPLED, isRemote: true } });
  return links;
}

function present(attributes: SpanAttributes): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined),
  );
}

/** That spans are lost is for the log; nothing else comes of it. */
function tellOperators(): void {
  const log = new Logger('OpenTelemetry');
  const tell = (message: string): void => log.warn(message);
  const quiet = (): void => {};
  diag.setLogger({ error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
}
