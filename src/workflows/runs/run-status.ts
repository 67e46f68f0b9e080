/** Where a run is. WAITING holds no worker: a timer, an approval or a reconnect goes on with it. */
export type WorkflowRunStatus = 'QUEUED' | 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

export const runStatuses: WorkflowRunStatus[] = ['QUEUED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'];

/** What started a run. */
export type WorkflowRunSource = 'MANUAL' | 'TRIGGER' | 'AGENT' | 'FORM';

export const runSources: WorkflowRunSource[] = ['MANUAL', 'TRIGGER', 'AGENT', 'FORM'];

/** SQL: a row `origin (source)` for each. The indexes of runs of a user, and of a workflow, have it before the id. */
export const eachSource = `unnest('{${runSources.join(',')}}'::text[]) as origin (source)`;

/**
 * Every transition there is; each write of a status is a compare-and-set against this table. RUNNING → QUEUED is a run
 * that is handed back by a process that stops, or taken from one that died.
 */
const transitions: Readonly<Record<WorkflowRunStatus, readonly WorkflowRunStatus[]>> = {
  QUEUED: ['RUNNING', 'CANCELLED'],
  RUNNING: ['COMPLETED', 'FAILED', 'CANCELLED', 'WAITING', 'QUEUED'],
  WAITING: ['RUNNING', 'QUEUED', 'CANCELLED', 'FAILED'],
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
};

export function canBecome(from: WorkflowRunStatus, to: WorkflowRunStatus): boolean {
  return transitions[from].includes(to);
}

/** The run is over; nothing about it changes any more. */
export function isFinal(status: WorkflowRunStatus): boolean {
  return transitions[status].length === 0;
}
