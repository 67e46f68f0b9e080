/** What a span says: names and ids of Seer's own things, never values, messages or addresses with a path. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  /** Of a closed set, with names that this build knows. */
  readonly name: string;
  readonly kind: 'server' | 'client' | 'consumer' | 'internal';
  readonly attributes: SpanAttributes;
  /** Headers of a request that may say which trace it belongs to. */
  readonly cameWith?: Readonly<Record<string, unknown>>;
  /** The span begins a trace of its own. */
  readonly isRoot?: boolean;
  /** The span is an execution of this run: its trace is that of the run. */
  readonly run?: RunOfSpan;
}

/** Which trace a run has follows from its id, so nothing has to travel with it (docs/decisions/0033). */
export interface RunOfSpan {
  /** uuid. */
  readonly runId: string;
  readonly attempt: number;
  /** uuid of the run that waits for this one. */
  readonly parentId?: string | undefined;
  /** It is what the active span asked for: they are linked. */
  readonly isAskedFor: boolean;
}

/** A span that is under way. */
export interface Span {
  /** Calls with this span as the active one, and so does all that follows from the call. */
  within<Result>(work: () => Result): Result;
  set(attributes: SpanAttributes): void;
  rename(name: string): void;
  /** Something went wrong. @param code of a closed set */
  fail(code: string): void;
  end(): void;
}

/** What makes spans. */
export interface Tracer {
  start(options: SpanOptions): Span;
  /** The active span is what this run (uuid) was asked for by. */
  linkRun(runId: string): void;
  /** Headers that let the other side join the trace, if it may know of it. */
  headersFor(host: string): Readonly<Record<string, string>>;
}

/** Undefined while nothing is traced: then OpenTelemetry isn't even loaded, and a span costs a look at this. */
let tracer: Tracer | undefined;

export function traceWith(chosen: Tracer | undefined): void {
  tracer = chosen;
}

/** A span that its caller ends; undefined when nothing is traced. */
export function startSpan(describe: () => SpanOptions): Span | undefined {
  return tracer?.start(describe());
}

/**
 * Does work in a span of its own.
 * @param failureOf what an error says about it: a code, or undefined when it is none
 */
export function inSpan<Result>(
  describe: () => SpanOptions,
  work: (span?: Span) => Result | Promise<Result>,
  failureOf: (error: unknown) => string | undefined = codeOf,
): Result | Promise<Result> {
  if (!tracer) return work();
  const span = tracer.start(describe());
  return span.within(async () => {
    try {
      return await work(span);
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== undefined) span.fail(failure);
      throw error;
    } finally {
      span.end();
    }
  });
}

export function linkRun(runId: string): void {
  tracer?.linkRun(runId);
}

const none = {};

export function traceHeaders(host: string): Readonly<Record<string, string>> {
  return tracer?.headersFor(host) ?? none;
}

/** A code that says what kind of error it is. Messages are left out: they may quote anything. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[\w.-]{1,64}$/.test(code)) return code;
  return error instanceof Error ? error.name : 'error';
}
