import { setTimeout as delay } from 'node:timers/promises';
import { query } from './bench-database.js';

const PATIENCE_MS = 60_000;

/** Resolves when so many runs are COMPLETED. */
export async function untilCompleted(database: string, wanted: number): Promise<void> {
  for (const late = Date.now() + PATIENCE_MS; Date.now() < late; await delay(20)) {
    const [found] = await query<{ runs: number }>(
      database,
      `select count(*)::int as runs from workflow_run where status = 'COMPLETED'`,
    );
    if (found?.runs === wanted) return;
  }
  throw new Error(`Not all of ${wanted} accepted runs were COMPLETED within ${PATIENCE_MS} ms.`);
}
