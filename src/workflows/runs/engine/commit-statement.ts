import { type EnterEvents } from './event-ledger.js';
import { tellWatchers } from './tell-watchers.js';
import { wakeParents } from './wake-parents.js';

/**
 * The statement of the group committer: one `WITH` that writes the new runs, steps, pauses and ends of many runs at
 * once. It is made of the parts that a batch has and prepared once for each combination. Rows arrive as JSON arrays.
 */
const runColumns =
  'run_id uuid, user_id bigint, workflow_id bigint, workflow_version_id bigint, spec json, inputs json, config json, ' +
  'status text, source text, attempt smallint, worker_id uuid, created_at timestamptz, started_at timestamptz, ' +
  'completed_at timestamptz, outputs json, error text, error_detail json, waiting_for jsonb, wake_at timestamptz, ' +
  'ran_ms int, parent_run_id uuid, parent_path text, depth smallint, concurrency_key text, ' +
  'concurrency_limit int, admitted boolean, forked_from_run_id uuid, forked_from_step int, tries smallint, ' +
  'trigger_event_id uuid, hops smallint';
const runFields = fieldsOf(runColumns);
/** Absent in most rows, not null in the table. */
const runValues = runFields
  .replace('ran_ms', 'coalesce(ran_ms, 0)')
  .replace('depth', 'coalesce(depth, 0::smallint)')
  .replace('tries', 'coalesce(tries, 1::smallint)')
  .replace('hops', 'coalesce(hops, 0::smallint)');

const stepColumns =
  'run_id uuid, path text, attempt smallint, seq int, node_id text, status text, inputs json, output json, error json, usage json, ' +
  'started_at timestamptz, completed_at timestamptz';
const stepFields = fieldsOf(stepColumns);

/**
 * Written so that no index serves it: the runs are found by their ids. The index of running runs is full of those that
 * ran a moment ago.
 */
const isRunning = `concat(w.status) = 'RUNNING'`;

const parts = {
  /**
   * Runs that are new; a run with an idempotency key only if the key was free: of several in a batch, the first. One that an
   * event starts only if the ledger takes the event: what is there already starts nothing.
   */
  runs: (parameter: string, hasEvents: boolean) => `
    keys as (
      insert into idempotency_record (user_id, key, request_hash, location)
      select distinct on (user_id, idempotency_key)
        user_id, idempotency_key, decode(request_hash, 'hex'), run_id::text
      from json_to_recordset(${parameter}::json) as t(run_id uuid, user_id bigint, idempotency_key text, request_hash text)
      where idempotency_key is not null
      order by user_id, idempotency_key, run_id
      on conflict (user_id, key) do update
        set request_hash = excluded.request_hash, location = excluded.location, created_at = now()
        where idempotency_record.created_at < now() - interval '24 hours'
      returning location
    ),
    runs as (
      insert into workflow_run (${runFields})
      select ${runValues} from json_to_recordset(${parameter}::json) as t(${runColumns}, idempotency_key text)
      where (idempotency_key is null or run_id::text in (select location from keys))
        and ${hasEvents ? '(trigger_event_id is null or run_id in (select run_id from events))' : 'true'}
      -- A child run that an earlier execution of its parent has started already.
      on conflict do nothing
      returning run_id, workflow_id, status
    ),
    told_of_runs as (${tellWatchers('runs')})`,
  /** Steps of runs that are new in this very statement. */
  newSteps: (parameter: string) => `
    new_steps as (
      insert into workflow_run_step (${stepFields})
      select ${stepFields} from json_to_recordset(${parameter}::json) as t(${stepColumns})
      where run_id in (select run_id from runs)
    )`,
  /**
   * Steps of runs that exist, fenced: only while the run has not been claimed again. A cancelled run still takes what was
   * under way when it was cancelled. `limit` makes each run be looked up by its id, whatever the planner thinks.
   */
  steps: (parameter: string) => `
    steps as (
      insert into workflow_run_step (${stepFields})
      select ${fieldsOf(stepColumns, 't.')} from json_to_recordset(${parameter}::json) as t(${stepColumns}, fence smallint)
      cross join lateral (select attempt, status from workflow_run where run_id = t.run_id limit 1) w
      where w.status in ('RUNNING', 'CANCELLED') and w.attempt = t.fence
      returning run_id
    )`,
  /** Ends of runs, fenced likewise: a compare-and-set of the status. */
  ends: (parameter: string) => `
    ends as (
      update workflow_run w
      set status = t.status, outputs = t.outputs, error = t.error, error_detail = t.error_detail,
          completed_at = t.completed_at, worker_id = null, waiting_for = null, wake_at = null
      from json_to_recordset(${parameter}::json) as t(run_id uuid, fence smallint, status text, outputs json, error text,
        error_detail json, completed_at timestamptz)
      where w.run_id = t.run_id and w.attempt = t.fence and ${isRunning}
      returning w.run_id, w.workflow_id, w.status, w.parent_run_id, w.parent_path
    ),
    told_of_ends as (${tellWatchers('ends')})`,
  /** For ends of child runs: their parents go on. In the same statement, so no crash can come between. */
  parents: (parameter: string) => `
    children as (
      select e.* from ends e
      where e.run_id in (select run_id from json_to_recordset(${parameter}::json) as t(run_id uuid))
    ),
    parents as (${wakeParents('children')})`,
  /**
   * Runs that wait from now on, fenced likewise. An answer that came since this execution began lets the run go on at once:
   * else it would wait for what is there already.
   */
  pauses: (parameter: string) => `
    pauses as (
      update workflow_run w
      set status = case when coalesce(jsonb_array_length(w.answers), 0) > t.answers then 'QUEUED' else 'WAITING' end,
          waiting_for = t.waiting_for - array(
            select a ->> 'path' from jsonb_array_elements(coalesce(w.answers, '[]')) a
          ),
          wake_at = t.wake_at, ran_ms = w.ran_ms + t.ran_ms, worker_id = null
      from json_to_recordset(${parameter}::json) as t(run_id uuid, fence smallint, answers int, waiting_for jsonb,
        wake_at timestamptz, ran_ms int)
      where w.run_id = t.run_id and w.attempt = t.fence and ${isRunning}
      returning w.run_id
    )`,
  /** First uses of credentials by runs, for the audit: what was used was used, whatever becomes of the run. */
  uses: (parameter: string) => `
    uses as (
      insert into audit_entry (entry_id, actor_kind, actor_id, actor_subject, actor_issuer, action, object_kind, object_id,
        owner_id, details)
      select t.entry_id, 'run', u.public_id, u.user_id, u.issuer, t.kind || '.used', t.kind, t.credential_id, u.public_id,
        json_build_object('run_id', 'run_' || t.run_id, 'node_id', t.node_id)
      from json_to_recordset(${parameter}::json)
        as t(entry_id uuid, run_id uuid, user_id bigint, kind text, credential_id text, node_id text)
      left join "user" u on u.id = t.user_id
      returning null::uuid as run_id
    )`,
} as const;

/** A part of the statement, and `events`: those that runs are started by, in the SQL of whoever keeps them. */
export type Part = 'events' | keyof typeof parts;
export const partNames: readonly Part[] = ['events', ...(Object.keys(parts) as (keyof typeof parts)[])];

/** Parts that name no runs that they reached. */
const silent: readonly Part[] = ['events', 'newSteps', 'parents'];

/** The prepared statement for a batch that has these parts; its rows name the runs that each part reached. */
export function commitStatement(present: readonly Part[], enterEvents: EnterEvents): { name: string; text: string } {
  const hasEvents = present.includes('events');
  const with_ = present.map((part, index) => {
    const parameter = `$${index + 1}`;
    return part === 'events' ? enterEvents(parameter) : parts[part](parameter, hasEvents);
  });
  const reached = present
    .filter((part) => !silent.includes(part))
    .map((part) => `select '${part}' as part, run_id from ${part}`);
  return {
    name: `commit-${present.join('-')}`,
    text: `with ${with_.join(',')} ${reached.join(' union all ')}`,
  };
}

/**
 * Inserts new runs outside of a batch, with the events that start them. Its values are the rows of the runs and of the events,
 * each as a JSON array; it gives the uuids of the runs that are new indeed.
 */
export function insertRuns(enterEvents: EnterEvents | undefined): string {
  const given = 'given as (select ?::json as runs, ?::json as events)';
  const entered = enterEvents ? [enterEvents('(select events from given)')] : [];
  const runs = parts.runs('(select runs from given)', enterEvents !== undefined);
  return `with ${[given, ...entered, runs].join(',')} select run_id from runs`;
}

function fieldsOf(columns: string, prefix = ''): string {
  return columns
    .split(', ')
    .map((column) => prefix + column.split(' ', 1)[0])
    .join(', ');
}
