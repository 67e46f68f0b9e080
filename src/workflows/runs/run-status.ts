/** Where a run is. WAITING holds no worker: a timer, an approval or a reconnect goes on with it. */
export type WorkflowRunStatus = 'QUEUED' | 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

export const runStatuses: WorkflowRunStatus[] = ['QUEUED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'];

/** What started a run. AGENT is part of the API; nothing in this build starts such runs yet. */
export type WorkflowRunSource = 'MANUAL' | 'TRIGGER' | 'AGENT' | 'FORM';

export const runSources: WorkflowRunSource[] = ['MANUAL', 'TRIGGER', 'AGENT', 'FORM'];

/** SQL: a row `origin (source)` for each. The indexes of runs of a user, and of a workflow, have it before the id. */
export const eachSource = `unnest('{${runSources.join(',')}}'::text[]) as origin (source)`;

const finalStatuses: ReadonlySet<WorkflowRunStatus> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/** The run is over; nothing about it changes any more. */
export function isFinal(status: WorkflowRunStatus): boolean {
  return finalStatuses.has(status);
}
