import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { oldestOfKey } from './admission-statements.js';
import { cancelRuns } from './cancel-runs.js';
import { type RunConcurrency } from './rows.js';

const replaced = 'A newer run with the same concurrency key took its place (settings.concurrency.on_limit).';

/** @returns the runs that are cancelled so that this one has a place */
export function makeRoom(em: SqlEntityManager, runId: string, { key, limit }: RunConcurrency): Promise<string[]> {
  return cancelRuns(em, { where: oldestOfKey, values: [key, key, runId, limit - 1], error: replaced });
}
