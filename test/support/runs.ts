import { type Client } from './client.js';

/** Asks until the run is in one of these statuses. @returns the run */
export async function untilRun(client: Client, runId: string, ...statuses: string[]) {
  for (const late = Date.now() + 20_000; Date.now() < late;) {
    const { body } = await client.get(`/v1/runs/${runId}`);
    if (statuses.includes(body.status)) return body;
  }
  throw new Error(`${runId} does not become ${statuses.join(' or ')}`);
}

/** A run that is over. */
export const untilOver = (client: Client, runId: string) => untilRun(client, runId, 'COMPLETED', 'FAILED', 'CANCELLED');

/** Paths of the steps that came to their end, in their order. */
export async function completedPaths(client: Client, runId: string): Promise<string[]> {
  const { body } = await client.get(`/v1/runs/${runId}/steps?limit=100`);
  return body.items
    .filter(({ status }: { status: string }) => status !== 'FAILED')
    .map(({ path }: { path: string }) => path);
}
