/**
 * The trace of a run is its uuid, and its first execution the second half of it: 122 bits that nobody else has, and whoever
 * knows the run knows its trace, in every process and without a column.
 * @param runId uuid
 */
export function traceOfRun(runId: string): { traceId: string; spanId: string } {
  const traceId = runId.replaceAll('-', '');
  return { traceId, spanId: traceId.slice(16) };
}
