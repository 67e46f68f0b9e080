import { type Opt, type Rel } from '@mikro-orm/core';
import { ownedBy } from '../../common/database/walls/ownership.js';
import { Check, Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Trigger } from '@mikro-orm/decorators/legacy';
import { type Json, type JsonObject } from '../../common/json.js';
import { User } from '../../users/index.js';
import { WorkflowVersion } from '../workflow-version.entity.js';
import { Workflow } from '../workflow.entity.js';
import { countDeletedRuns } from './quota/deleted-run-count.entity.js';
import { type WorkflowRunSource, type WorkflowRunStatus, runSources, runStatuses } from './run-status.js';

/** Predicate of `workflow_run_reconnect`. What people write stands there with its quotes escaped. */
export const waitsForReconnect = `status = 'WAITING' and waiting_for::text like '%"type": "reconnect"%'`;

/**
 * One run. Written by the group committer (engine/group-committer.ts) and read by run-reader.ts, both in plain SQL: this entity
 * is the definition of the table. Its key is the uuid, made before the insert, so that a run, its event and its steps
 * go into the database in one statement (docs/decisions/0003).
 */
@Entity({ policies: ownedBy() })
@Trigger({
  name: 'deleted_counted',
  timing: 'after',
  events: ['delete'],
  forEach: 'statement',
  body: countDeletedRuns,
})
// Whoever makes a run with a key says so that it waits for a place: else it would go past the limit.
@Check({ name: 'workflow_run_admitted', expression: '(concurrency_key is null) = (admitted is null)' })
// What lists of runs are read from (run-list.ts, docs/decisions/0034). Each column before the id is one that lists filter by.
@Index({ name: 'workflow_run_list', properties: ['user', 'source', 'runId'] })
@Index({ name: 'workflow_run_of_workflow', properties: ['workflow', 'source', 'runId', 'workflowVersion'] })
@Index({
  name: 'workflow_run_exceptional',
  expression:
    'create index "workflow_run_exceptional" on "workflow_run" ("user_id", "status", "source", "run_id") ' +
    `where status <> 'COMPLETED'`,
})
@Index({
  name: 'workflow_run_exceptional_of_workflow',
  expression:
    'create index "workflow_run_exceptional_of_workflow" on "workflow_run" ' +
    `("workflow_id", "status", "source", "run_id", "workflow_version_id") where status <> 'COMPLETED'`,
})
@Index({
  name: 'workflow_run_queue',
  expression:
    'create index "workflow_run_queue" on "workflow_run" ("user_id", "run_id") ' +
    `where status = 'QUEUED' and admitted is not false`,
})
@Index({
  name: 'workflow_run_due',
  expression: `create index "workflow_run_due" on "workflow_run" ("wake_at") where status = 'WAITING'`,
})
@Index({
  name: 'workflow_run_child',
  expression:
    'create unique index "workflow_run_child" on "workflow_run" ("parent_run_id", "parent_path") ' +
    'where parent_run_id is not null',
})
@Index({
  name: 'workflow_run_open_child',
  expression:
    'create index "workflow_run_open_child" on "workflow_run" ("parent_run_id") ' +
    `where parent_run_id is not null and status in ('QUEUED', 'RUNNING', 'WAITING')`,
})
@Index({
  name: 'workflow_run_concurrency',
  expression:
    'create index "workflow_run_concurrency" on "workflow_run" ("concurrency_key", "run_id") ' +
    `where admitted and status in ('QUEUED', 'RUNNING', 'WAITING')`,
})
@Index({
  name: 'workflow_run_held_back',
  expression:
    'create index "workflow_run_held_back" on "workflow_run" ("concurrency_key", "run_id") ' +
    `where status = 'QUEUED' and not admitted`,
})
// Forks share the event of their origin, which may be gone before them.
@Index({
  name: 'workflow_run_fork_event',
  expression:
    'create index "workflow_run_fork_event" on "workflow_run" ("trigger_event_id") ' +
    'where forked_from_run_id is not null and trigger_event_id is not null',
})
@Index({
  name: 'workflow_run_leased',
  expression: `create index "workflow_run_leased" on "workflow_run" ("worker_id") where status = 'RUNNING'`,
})
// Few runs end like this, so these cost the others nothing; operators look for them among all.
@Index({
  name: 'workflow_run_unsuccessful',
  expression:
    'create index "workflow_run_unsuccessful" on "workflow_run" ("status", "run_id") ' +
    `where status in ('FAILED', 'CANCELLED')`,
})
@Index({
  name: 'workflow_run_error',
  expression:
    `create index "workflow_run_error" on "workflow_run" ((error_detail ->> 'code'), "run_id") ` +
    `where status in ('FAILED', 'CANCELLED')`,
})
@Index({
  name: 'workflow_run_reconnect',
  expression: `create index "workflow_run_reconnect" on "workflow_run" ("run_id") where ${waitsForReconnect}`,
})
export class WorkflowRun {
  /** Public as `run_…`; also LangGraph's thread id. */
  @PrimaryKey({ type: 'uuid' })
  runId: string;

  /** Order of arrival in the database, for operators; internal like every numeric id. */
  @Property({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  @ManyToOne(() => User, { deleteRule: 'cascade' })
  user: Rel<User>;

  /** Null for an ad hoc run. */
  @ManyToOne(() => Workflow, { nullable: true, deleteRule: 'cascade' })
  workflow: Rel<Workflow> | null;

  /** No foreign key: versions go with their workflow only, which has one, and each check costs every run. */
  @ManyToOne(() => WorkflowVersion, { nullable: true, createForeignKeyConstraint: false })
  workflowVersion: Rel<WorkflowVersion> | null;

  /** Only of an ad hoc run; else it is the version's, which never changes. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  spec: JsonObject | null;

  /** JSON null is SQL null here, as in `outputs`: json_to_recordset makes no difference. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  inputs: Json;

  @Property({ type: 'json', columnType: 'json', nullable: true })
  outputs: Json;

  /** `tags`, `metadata`, `timeout`. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  config: JsonObject | null;

  @Enum({ items: () => runStatuses })
  status: WorkflowRunStatus;

  @Enum({ items: () => runSources })
  source: WorkflowRunSource;

  /** One sentence for people. */
  @Property({ type: 'text', nullable: true })
  error: string | null;

  /** `{code, node_id, path, attempt, problem}` for programs. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  errorDetail: JsonObject | null;

  /** How often the run was claimed; in the engine `fence`. Every write of a running run names it, so a process that lost the run can't write. */
  @Property({ type: 'smallint' })
  attempt: Opt<number> = 1;

  /** The process that executes it, while RUNNING. */
  @Property({ type: 'uuid', nullable: true })
  workerId: string | null;

  /** How often the process that executed it died; the fifth time it fails with `crash-loop`. */
  @Property({ type: 'smallint' })
  crashes: Opt<number> = 0;

  /** Running time of earlier executions in milliseconds; waiting is not part of it. */
  @Property({ type: 'integer' })
  ranMs: Opt<number> = 0;

  /** What it waits for, by path: an object of `{type, node_id, until?, …}`. What was answered is no longer in it. */
  @Property({ type: 'json', nullable: true })
  waitingFor: JsonObject | null;

  /**
   * What was answered from outside, in the order it came: `[{path, value, by, at}]`. It only grows, so its length tells
   * a process that pauses the run whether an answer came that it does not know.
   */
  @Property({ type: 'json', nullable: true })
  answers: Json[] | null;

  /** Of a WAITING run: when it goes on by itself at the latest. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  wakeAt: Date | null;

  /** The run whose `workflow` node started this one, and where in it. */
  @ManyToOne(() => WorkflowRun, { nullable: true, deleteRule: 'cascade', joinColumn: 'parent_run_id', index: false })
  parentRun: Rel<WorkflowRun> | null;

  @Property({ type: 'text', nullable: true })
  parentPath: string | null;

  /** How many runs are above this one. */
  @Property({ type: 'smallint' })
  depth: Opt<number> = 0;

  /** Runs with the same key share a limit (`settings.concurrency`); it begins with whose runs they are. */
  @Property({ type: 'text', nullable: true })
  concurrencyKey: string | null;

  @Property({ type: 'integer', nullable: true })
  concurrencyLimit: number | null;

  /**
   * Of a run with a concurrency key: whether it has a place within the limit, which it then keeps until it is over,
   * through pauses and crashes. Until then it is in no queue (engine/run-admission.ts).
   */
  @Property({ type: 'boolean', nullable: true })
  admitted: boolean | null;

  /** Of a fork: the run and the checkpoint it began from. No foreign key: the origin may be deleted first. */
  @Property({ type: 'uuid', nullable: true })
  forkedFromRunId: string | null;

  @Property({ type: 'integer', nullable: true })
  forkedFromStep: number | null;

  /** 1, and one more for each `retry` that led to this run. */
  @Property({ type: 'smallint' })
  tries: Opt<number> = 1;

  /** The event that started it. No foreign key: events have a retention of their own. */
  @Property({ type: 'uuid', nullable: true })
  triggerEventId: string | null;

  /** How many runs, each started by the end of the one before, led to this one. */
  @Property({ type: 'smallint' })
  hops: Opt<number> = 0;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  startedAt: Date | null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  completedAt: Date | null;
}
