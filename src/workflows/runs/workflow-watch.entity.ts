import { type Rel } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Workflow } from '../workflow.entity.js';

/** That somebody wants to know of each run of a workflow that ends: who, the module that watches knows. */
@Entity()
export class WorkflowWatch {
  @PrimaryKey({ type: 'uuid' })
  watchId: string;

  @ManyToOne(() => Workflow, { deleteRule: 'cascade', index: true })
  workflow: Rel<Workflow>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Date;
}
