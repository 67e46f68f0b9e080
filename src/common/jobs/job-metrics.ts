import { longSeconds } from '../metrics/buckets.js';
import { defineGauge, defineHistogram } from '../metrics/define-metric.js';
import { type SpanOptions } from '../tracing/tracing.js';

const job = 'the names of the jobs of this build';

export const jobDuration = defineHistogram({
  name: 'seer_job_duration_seconds',
  help: 'Executions of background jobs. One that failed is tried again, up to ten times.',
  labels: { job, outcome: ['completed', 'failed'] },
  buckets: longSeconds,
});

export const storedJobs = defineGauge({
  name: 'seer_jobs',
  help: 'Background jobs in the database; those that failed for good are kept for a day. Looked at every 30 s.',
  labels: { job, state: ['waiting', 'active', 'failed'] },
});

export function jobSpan(name: string): SpanOptions {
  return { name: `job ${name}`, kind: 'consumer', attributes: { 'seer.job.name': name }, isRoot: true };
}
