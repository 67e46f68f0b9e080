import { type Opt, type Rel } from '@mikro-orm/core';
import { partOf } from '../common/database/walls/ownership.js';
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type JsonObject } from '../common/json.js';
import { Workflow } from './workflow.entity.js';

/** An earlier state of a draft, kept so that whoever edited it can be told what changed since (the newest 100). */
@Entity({ policies: partOf('workflow_draft_revision.workflow_id', 'workflow.id') })
export class WorkflowDraftRevision {
  @ManyToOne(() => Workflow, { primary: true, deleteRule: 'cascade' })
  workflow: Rel<Workflow>;

  @PrimaryKey({ type: 'integer' })
  revision: number;

  @Property({ type: 'json', columnType: 'json' })
  spec: JsonObject;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date> = new Date();

  constructor(workflow: Workflow, revision: number, spec: JsonObject) {
    this.workflow = workflow;
    this.revision = revision;
    this.spec = spec;
  }
}
