import { type Opt, type Rel } from '@mikro-orm/core';
import { partOf } from '../common/database/walls/ownership.js';
import { Entity, ManyToOne, OneToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type JsonObject } from '../common/json.js';
import { User } from '../users/index.js';
import { Workflow } from './workflow.entity.js';

/** The one spec of a workflow that can be edited. Each change adds 1 to `revision`, which editors must name. */
@Entity({ policies: partOf('workflow_draft.workflow_id', 'workflow.id') })
export class WorkflowDraft {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  @OneToOne(() => Workflow, { deleteRule: 'cascade' })
  workflow: Rel<Workflow>;

  @Property({ type: 'json', columnType: 'json' })
  spec: JsonObject;

  @Property({ type: 'integer' })
  revision: Opt<number> = 1;

  @ManyToOne(() => User, { deleteRule: 'cascade' })
  updatedBy: Rel<User>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  updatedAt: Opt<Date> = new Date();

  constructor(workflow: Workflow, spec: JsonObject, updatedBy: User) {
    this.workflow = workflow;
    this.spec = spec;
    this.updatedBy = updatedBy;
  }
}
