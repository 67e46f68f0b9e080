import { setTimeout as delay } from 'node:timers/promises';
import { type RunResponse } from '../../src/workflows/runs/run.dto.js';
import { type Client } from './client.js';

/** A run as JSON: dates are texts. */
export type RunJson = Omit<RunResponse, 'waiting_for'> & {
  waiting_for: { path: string; until: string | null; approval_url: string | null; run_id: string | null }[] | null;
};

const PATIENCE_MS = 60_000;
/** Between two looks: most runs are over at once, and looking at the others costs more than they do. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;

/**
 * Asks until the run has one of these statuses and is as `wanted`. @returns it
 * @throws Error with what it is, when that takes too long
 */
export async function untilRun(
  client: Client,
  runId: string,
  statuses: readonly string[],
  wanted: (run: RunJson) => boolean = () => true,
): Promise<RunJson> {
  let run: RunJson;
  const late = Date.now() + PATIENCE_MS;
  let pause = FIRST_PAUSE_MS;
  do {
    run = (await client.get<RunJson>(`/v1/runs/${runId}`)).body;
    if (statuses.includes(run.status) && wanted(run)) return run;
    await delay(pause);
    pause = Math.min(pause * 1.3, LONGEST_PAUSE_MS);
  } while (Date.now() < late);
  throw new Error(`${runId} does not become ${statuses.join(' or ')}: ${JSON.stringify(run)}`);
}

/** A run that is over. */
export const untilOver = (client: Client, runId: string) =>
  untilRun(client, runId, ['COMPLETED', 'FAILED', 'CANCELLED']);

/** Paths of the steps that came to their end, in their order. */
export async function completedPaths(client: Client, runId: string): Promise<string[]> {
  const { body } = await client.get(`/v1/runs/${runId}/steps?limit=100`);
  return body.items
    .filter(({ status }: { status: string }) => status !== 'FAILED')
    .map(({ path }: { path: string }) => path);
}
