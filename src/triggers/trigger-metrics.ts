import { longSeconds } from '../common/metrics/buckets.js';
import { defineCounter, defineHistogram } from '../common/metrics/define-metric.js';
import { verdicts } from './events/verdict.js';

const triggerType = 'the types of triggers of this build';

export const triggerEvents = defineCounter({
  name: 'seer_trigger_events_total',
  help: 'Events that came to subscriptions, by what became of them. Refused deliveries beyond those that are kept are left out.',
  labels: { trigger_type: triggerType, verdict: verdicts },
});

export const scheduleLateness = defineHistogram({
  name: 'seer_schedule_lateness_seconds',
  help: 'By how much schedules fired later than they were due, by the clock of the database. What was missed is left out.',
  buckets: longSeconds,
}).of({});

export const polls = defineCounter({
  name: 'seer_polls_total',
  help: 'Polls, by what became of them; `given_back` are those that a stop cut short.',
  labels: { trigger_type: triggerType, outcome: ['done', 'failed', 'given_back'] },
});
