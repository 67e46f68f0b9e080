import { Entity, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/**
 * A point of a run from which it can be looked at and forked: after each node outside of loops. A view over the steps,
 * so there is one truth and nothing to keep in step with it (docs/decisions/0012).
 */
@Entity({
  view: true,
  expression: `
    select run_id, seq as step, node_id, completed_at as created_at
    from workflow_run_step
    where status <> 'FAILED' and path = node_id`,
})
export class WorkflowRunCheckpoint {
  @PrimaryKey({ type: 'uuid' })
  runId: string;

  /** Number of the step that it stands after. */
  @PrimaryKey({ type: 'integer' })
  step: number;

  /** The node that had just come to its end. */
  @Property({ type: 'text' })
  nodeId: string;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)' })
  createdAt: Date;
}
