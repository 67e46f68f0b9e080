import { type Rel } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { partOf } from '../../common/database/walls/ownership.js';
import { Workflow } from '../workflow.entity.js';

/** That somebody wants to know of each run of a workflow that ends: who, the module that watches knows. */
@Entity({ policies: partOf('workflow_watch.workflow_id', 'workflow.id') })
export class WorkflowWatch {
  @PrimaryKey({ type: 'uuid' })
  watchId: string;

  @ManyToOne(() => Workflow, { deleteRule: 'cascade', index: true })
  workflow: Rel<Workflow>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Date;
}
