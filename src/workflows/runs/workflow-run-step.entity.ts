import { type Rel } from '@mikro-orm/core';
import { partOf } from '../../common/database/walls/ownership.js';
import { Entity, Enum, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Json, type JsonObject } from '../../common/json.js';
import { type StepStatus } from '../compiler/run-context.js';
import { WorkflowRun } from './workflow-run.entity.js';

export const stepStatuses: StepStatus[] = ['COMPLETED', 'FAILED', 'SKIPPED'];

/** One execution of one node: the durable record from which a run is resumed. */
@Entity({ policies: partOf('workflow_run_step.run_id', 'workflow_run.run_id') })
export class WorkflowRunStep {
  @ManyToOne(() => WorkflowRun, { primary: true, fieldName: 'run_id', deleteRule: 'cascade' })
  run: Rel<WorkflowRun>;

  /** The node's id and the indexes of the loops around it, such as `send[7]`. */
  @PrimaryKey({ type: 'text' })
  path: string;

  @PrimaryKey({ type: 'smallint' })
  attempt: number;

  /** Order in which the steps of a run became durable: 1, 2, 3 … without gaps. */
  @Property({ type: 'integer' })
  seq: number;

  @Property({ type: 'text' })
  nodeId: string;

  @Enum({ items: () => stepStatuses })
  status: StepStatus;

  /** What the node was called with, of nodes that touch the world; never a secret. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  inputs: Json;

  @Property({ type: 'json', columnType: 'json', nullable: true })
  output: Json;

  /** What it used up, such as tokens of a model. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  usage: JsonObject | null;

  /** `{code, message, …}` of a failed attempt. */
  @Property({ type: 'json', columnType: 'json', nullable: true })
  error: JsonObject | null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)' })
  startedAt: Date;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)' })
  completedAt: Date;
}
