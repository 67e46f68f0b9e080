import { type Opt, type Rel } from '@mikro-orm/core';
import { partOf } from '../common/database/walls/ownership.js';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type JsonObject } from '../common/json.js';
import { User } from '../users/index.js';
import { Workflow } from './workflow.entity.js';

/** DRAFT → PUBLISHED → ARCHIVED, and an archived one can be published again. */
export type WorkflowVersionStatus = 'DRAFT' | 'PUBLISHED' | 'ARCHIVED';
export const workflowVersionStatuses: WorkflowVersionStatus[] = ['DRAFT', 'PUBLISHED', 'ARCHIVED'];

/** A spec that never changes. The same spec (by hash) of one workflow is the same version. */
@Entity({ policies: partOf('workflow_version.workflow_id', 'workflow.id') })
@Unique({ properties: ['workflow', 'versionNumber'] })
@Unique({ properties: ['workflow', 'specHash'] })
@Index({
  name: 'workflow_version_one_published',
  expression: `create unique index "workflow_version_one_published" on "workflow_version" ("workflow_id") where status = 'PUBLISHED'`,
})
export class WorkflowVersion {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  @ManyToOne(() => Workflow, { deleteRule: 'cascade' })
  workflow: Rel<Workflow>;

  /** 1, 2, 3 … within the workflow, without gaps. */
  @Property({ type: 'integer' })
  versionNumber: number;

  @Enum({ items: () => workflowVersionStatuses })
  status: Opt<WorkflowVersionStatus> = 'DRAFT';

  @Property({ type: 'json', columnType: 'json' })
  spec: JsonObject;

  /** SHA-256 of the spec's canonical JSON (RFC 8785), hex. */
  @Property({ type: 'text' })
  specHash: string;

  @Property({ type: 'integer' })
  createdFromDraftRevision: number;

  @ManyToOne(() => User, { deleteRule: 'cascade' })
  createdBy: Rel<User>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date> = new Date();

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  publishedAt: Opt<Date> | null = null;

  constructor(
    workflow: Workflow,
    content: Pick<WorkflowVersion, 'versionNumber' | 'spec' | 'specHash' | 'createdFromDraftRevision' | 'createdBy'>,
  ) {
    this.workflow = workflow;
    this.versionNumber = content.versionNumber;
    this.spec = content.spec;
    this.specHash = content.specHash;
    this.createdFromDraftRevision = content.createdFromDraftRevision;
    this.createdBy = content.createdBy;
  }
}
