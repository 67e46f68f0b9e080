import { type Rel } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey } from '@mikro-orm/decorators/legacy';
import { partOf } from '../../common/database/walls/ownership.js';
import { Workflow } from '../workflow.entity.js';

/**
 * Word of a run that has ended, left in the statement that ended it (engine/tell-watchers.ts) and taken away in the
 * transaction that does something about it (engine/run-endings.ts): no crash loses one, none is taken twice.
 */
@Entity({ policies: partOf('workflow_run_ending.workflow_id', 'workflow.id') })
export class WorkflowRunEnding {
  @PrimaryKey({ type: 'uuid' })
  runId: string;

  @ManyToOne(() => Workflow, { deleteRule: 'cascade', index: false })
  workflow: Rel<Workflow>;
}
