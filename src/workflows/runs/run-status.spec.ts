import { canBecome, isFinal, runStatuses, type WorkflowRunStatus } from './run-status.js';

const allowed: [WorkflowRunStatus, WorkflowRunStatus][] = [
  ['QUEUED', 'RUNNING'],
  ['QUEUED', 'CANCELLED'],
  ['RUNNING', 'COMPLETED'],
  ['RUNNING', 'FAILED'],
  ['RUNNING', 'CANCELLED'],
  ['RUNNING', 'WAITING'],
  ['RUNNING', 'QUEUED'],
  ['WAITING', 'RUNNING'],
  ['WAITING', 'QUEUED'],
  ['WAITING', 'CANCELLED'],
  ['WAITING', 'FAILED'],
];
const pairs = runStatuses.flatMap((from) => runStatuses.map((to) => [from, to] as const));

describe('the status of a run', () => {
  it.each(pairs)('%s → %s', (from, to) => {
    expect(canBecome(from, to)).toBe(allowed.some(([a, b]) => a === from && b === to));
  });

  it('is final when the run is over', () => {
    expect(runStatuses.filter(isFinal)).toEqual(['COMPLETED', 'FAILED', 'CANCELLED']);
  });
});
