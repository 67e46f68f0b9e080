import { httpProblems } from '../../../common/http/problems/http-problems.js';
import { longSeconds, shortSeconds } from '../../../common/metrics/buckets.js';
import { defineCounter, defineGauge, defineHistogram } from '../../../common/metrics/define-metric.js';
import { integrationsProblems } from '../../../integrations/index.js';
import { oauthProblems } from '../../../oauth/index.js';
import { workflowsProblems } from '../../workflows-problems.js';
import { runSources, type WorkflowRunSource } from '../run-status.js';
import { type RunErrorDetail, type RunOutcome } from './rows.js';

const errorCodes = Object.keys({ ...httpProblems, ...oauthProblems, ...integrationsProblems, ...workflowsProblems });

const started = defineCounter({
  name: 'seer_runs_started_total',
  help: 'Runs that were accepted, by what asked for them. Each is counted once, where it was accepted.',
  labels: { source: runSources },
});
const startedBy = new Map(runSources.map((source) => [source, started.of({ source })]));

export function countStarted(source: WorkflowRunSource): void {
  startedBy.get(source)?.add();
}

const ended = defineCounter({
  name: 'seer_runs_ended_total',
  help: 'Runs that came to their end, by how. `error_code` is `none` of those that have completed.',
  labels: { status: ['COMPLETED', 'FAILED', 'CANCELLED'], error_code: ['none', 'other', ...errorCodes] },
});
const completed = ended.of({ status: 'COMPLETED', error_code: 'none' });

export function countEnded(
  status: 'COMPLETED' | 'FAILED' | 'CANCELLED',
  error: RunErrorDetail | null,
  count = 1,
): void {
  if (status === 'COMPLETED') completed.add(count);
  else ended.add({ status, error_code: error?.code ?? 'other' }, count);
}

const duration = defineHistogram({
  name: 'seer_run_duration_seconds',
  help: 'For how long runs that ended were executed, all executions together, without their waiting.',
  labels: { status: ['COMPLETED', 'FAILED'] },
  buckets: longSeconds,
});
const durations = {
  COMPLETED: duration.of({ status: 'COMPLETED' }),
  FAILED: duration.of({ status: 'FAILED' }),
};

/** @param ranMs all executions together */
export function countExecuted(outcome: RunOutcome, ranMs: number): void {
  if (outcome.status === 'WAITING') return;
  countEnded(outcome.status, outcome.errorDetail);
  if (outcome.status !== 'CANCELLED') durations[outcome.status].observe(ranMs / 1_000);
}

/** From its acceptance to its first execution. */
export const startDelay = defineHistogram({
  name: 'seer_run_start_delay_seconds',
  help: 'From the acceptance of a run to its first execution; next to nothing for those that are executed in place.',
  buckets: longSeconds,
}).of({});

export const runSteps = defineCounter({
  name: 'seer_run_steps_total',
  help: 'Steps that were recorded, by type of node. Each attempt is one, and so is each part of a node.',
  labels: { node_type: 'the types of nodes of this build', status: ['COMPLETED', 'FAILED', 'SKIPPED'] },
});

export const runsInFlight = defineGauge({
  name: 'seer_runs_in_flight',
  help: 'Runs that this process executes at the moment.',
});

export const runSlotsLimit = defineGauge({
  name: 'seer_run_slots',
  help: 'Runs that this process may execute at a time (SEER_RUN_SLOTS); 0 if it executes none.',
});

export const leasesLost = defineCounter({
  name: 'seer_runs_lost_total',
  help: 'Runs that this process had to stop as they were no longer its own: its lease was over, or they were taken.',
}).of({});

export const takenOver = defineCounter({
  name: 'seer_runs_taken_over_total',
  help: 'Runs that this process took from processes that died: back into the queue, or, the fifth time, to their end.',
  labels: { status: ['QUEUED', 'FAILED'] },
});

export const commits = defineCounter({
  name: 'seer_commits_total',
  help: 'Statements that made writes of runs durable together.',
  labels: { outcome: ['done', 'refused', 'unavailable'] },
});

export const commitSize = defineHistogram({
  name: 'seer_commit_writes',
  help: 'Writes of runs that one statement made durable.',
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
}).of({});

export const commitDuration = defineHistogram({
  name: 'seer_commit_duration_seconds',
  help: 'How long these statements took.',
  buckets: shortSeconds,
}).of({});
