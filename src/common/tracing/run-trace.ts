/**
 * The trace of a run is its uuid, and the span of its first execution the second half of that, which is random. So whoever
 * knows the run knows its trace, in every process and without a column.
 * @param runId uuid
 */
export function traceOfRun(runId: string): { traceId: string; spanId: string } {
  const traceId = runId.replaceAll('-', '');
  return { traceId, spanId: traceId.slice(16) };
}
