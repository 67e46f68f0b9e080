import { type ConstructorOptions, type Queue } from 'pg-boss';
import { type Role } from '../config/environment.js';
import { JOBS_SCHEMA } from './jobs-schema.js';

/**
 * A process that only answers requests adds jobs; running, supervising and scheduling is for those that execute runs.
 * An observer is not even listed among the processes.
 */
export function bossOptions(
  connectionString: string,
  { role, executesRuns, migrates }: { role: Role; executesRuns: boolean; migrates: boolean },
): ConstructorOptions {
  return {
    connectionString,
    schema: JOBS_SCHEMA,
    migrate: migrates,
    application_name: 'seer jobs',
    instanceName: role,
    registerInstance: role !== 'observer',
    max: 2,
    connectionTimeoutMillis: 5_000,
    supervise: executesRuns,
    schedule: executesRuns,
    superviseIntervalSeconds: 30,
    monitorIntervalSeconds: 30,
  };
}

/** Where jobs go that have failed for good. Nobody works on it: an administrator looks and has them done again. */
export const DEAD_LETTERS = 'dead-letters';

export const deadLetterOptions = { retentionSeconds: 30 * 24 * 3_600 } satisfies Partial<Queue>;

/** The same for every queue. A job of a process that died is noticed by its missing heartbeats. */
export const queueOptions = {
  heartbeatSeconds: 30,
  expireInSeconds: 15 * 60,
  retryLimit: 10,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 300,
  deleteAfterSeconds: 24 * 3_600,
  deadLetter: DEAD_LETTERS,
} satisfies Partial<Queue>;

/** Jobs are taken in batches, each with a result of its own; while a batch is full, the next follows at once. */
export const workOptions = {
  batchSize: 20,
  perJobResults: true,
  burstWhenBatchFull: true,
  pollingIntervalSeconds: 1,
} as const;
