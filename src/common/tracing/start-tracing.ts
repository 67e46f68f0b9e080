import { type TracingSetting } from '../config/tracing-variables.js';
import { version } from '../version.js';
import { traceWith } from './tracing.js';

/** Traces from now on, if that is configured. @returns what to do last: it sends what is left */
export async function startTracing(setting: TracingSetting | undefined): Promise<() => Promise<void>> {
  if (!setting) return async () => {};
  const { OpenTelemetry } = await import('./open-telemetry.js');
  const tracer = new OpenTelemetry(setting, version);
  traceWith(tracer);
  return async () => {
    traceWith(undefined);
    await tracer.stop();
  };
}
