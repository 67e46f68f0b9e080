import { Injectable } from '@nestjs/common';
import { type HotRead, HotReads } from '../../../common/database/hot-reads.js';
import { defineGauge } from '../../../common/metrics/define-metric.js';
import { slowRead } from '../../../common/metrics/slow-read.js';
import { isQueued, stepFromUserToUser } from './queue-walk.js';

const depth = defineGauge({
  name: 'seer_queue_runs',
  help: 'Runs that wait for a free slot, of all processes; more than 10,000 are told as 10,000.',
});
const heldBack = defineGauge({
  name: 'seer_queue_held_back_runs',
  help: 'Runs that wait for a place within the limit of their concurrency key; more than 10,000 are told as 10,000.',
});
const oldestAge = defineGauge({
  name: 'seer_queue_oldest_seconds',
  help: 'How long the run has waited for its first execution that has waited longest; 0 when none does.',
});
const workers = defineGauge({
  name: 'seer_workers',
  help: 'Processes that execute runs and have said in time that they live.',
});

const MOST_COUNTED = 10_000;

/**
 * Counts in partial indexes only and stops at a limit. The oldest run that was never executed is the first one of some
 * user, so one look into the index for each user that has queued runs finds it: no queue is gone through.
 */
const look: HotRead = {
  name: 'queue-metrics',
  text: `
    with recursive users as (${stepFromUserToUser('users')}), firsts as (
      select f.created_at from users u cross join lateral (
        select created_at from workflow_run
        where ${isQueued} and user_id = u.user_id and started_at is null
        order by run_id limit 1
      ) f
    )
    select
      (select count(*) from (
        select from workflow_run where ${isQueued} limit ${MOST_COUNTED}
      ) queued)::int as depth,
      (select count(*) from (
        select from workflow_run where status = 'QUEUED' and not admitted limit ${MOST_COUNTED}
      ) held)::int as held_back,
      coalesce((select extract(epoch from now() - min(created_at)) from firsts), 0)::float8 as oldest,
      (select count(*) from run_worker where lease_until > now())::int as workers`,
};

interface Look {
  depth: number;
  held_back: number;
  oldest: number;
  workers: number;
}

/** What all processes share, as the database has it: each process tells the same. */
@Injectable()
export class QueueMetrics {
  constructor(reads: HotReads) {
    const read = slowRead(async () => (await reads.rows<Look>(look, []))[0]!);
    depth.read({}, async () => (await read())?.depth);
    heldBack.read({}, async () => (await read())?.held_back);
    oldestAge.read({}, async () => (await read())?.oldest);
    workers.read({}, async () => (await read())?.workers);
  }
}
