import { type Opt, type Rel } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Json, type JsonObject } from '../../common/json.js';
import { User } from '../../users/index.js';
import { WorkflowVersion } from '../workflow-version.entity.js';
import { Workflow } from '../workflow.entity.js';
import { type WorkflowRunSource, type WorkflowRunStatus, runSources, runStatuses } from './run-status.js';

/**
 * One run. Written by the group committer (run-committer.ts) and read by run-reader.ts, both in plain SQL: this entity
 * is the definition of the table. Its key is the uuid, made before the insert, so that a run, its event and its steps
 * go into the database in one statement (docs/decisions/0003).
 */
@Entity()
@Index({ name: 'workflow_run_list', properties: ['user', 'runId'] })
@Index({ name: 'workflow_run_of_workflow', properties: ['workflow', 'runId'] })
@Index({
  name: 'workflow_run_queue',
  expression: `create index "workflow_run_queue" on "workflow_run" ("run_id") where status = 'QUEUED'`,
})
@Index({
  name: 'workflow_run_leased',
  expression: `create index "workflow_run_leased" on "workflow_run" ("worker_id") where status = 'RUNNING'`,
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

  @ManyToOne(() => WorkflowVersion, { nullable: true, deleteRule: 'cascade' })
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

  /** How often the run was claimed. Every write of a running run names it, so a process that lost the run can't write. */
  @Property({ type: 'smallint' })
  attempt: Opt<number> = 1;

  /** The process that executes it, while RUNNING. */
  @Property({ type: 'uuid', nullable: true })
  workerId: string | null;

  /** Of a WAITING run: what it waits for, by path. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  waitingFor: JsonObject | null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  startedAt: Date | null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  completedAt: Date | null;

  /** When the run fails with `run-timeout`. */
  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  deadline: Date | null;
}
