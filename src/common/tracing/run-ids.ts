import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace';
import { traceOfRun } from './run-trace.js';
import { type RunOfSpan } from './tracing.js';

/** Random ids, but for spans of runs: OpenTelemetry asks for the ids of a span while it makes it, and has no other way. */
export class RunIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private run: RunOfSpan | undefined;

  /** The span that is made here is an execution of this run. */
  forRun<Span>(run: RunOfSpan, make: () => Span): Span {
    this.run = run;
    try {
      return make();
    } finally {
      this.run = undefined;
    }
  }

  generateTraceId(): string {
    return this.run ? traceOfRun(this.run.runId).traceId : this.random.generateTraceId();
  }

  generateSpanId(): string {
    return this.run?.attempt === 1 ? traceOfRun(this.run.runId).spanId : this.random.generateSpanId();
  }
}
