import { partOf } from '../../common/database/walls/ownership.js';
import { type Opt, type Rel } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type JsonObject } from '../../common/json.js';
import { newUuid } from '../../common/public-id.js';
import { User } from '../../users/index.js';
import { Workflow } from '../workflow.entity.js';
import { type ProposalStatus, proposalStatuses } from './proposal-status.js';

/** A change of a draft that somebody, or some model, suggests. It says what the spec would be; the difference is computed. */
@Entity({ policies: partOf('workflow_proposal.workflow_id', 'workflow.id') })
@Index({ name: 'workflow_proposal_list', properties: ['workflow', 'proposalId'] })
@Index({
  name: 'workflow_proposal_pending',
  expression: `create index "workflow_proposal_pending" on "workflow_proposal" ("workflow_id") where status = 'pending'`,
})
export class WorkflowProposal {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  /** The uuid of its public id, `prop_<uuid>`. */
  @Property({ type: 'uuid' })
  @Unique()
  proposalId: Opt<string> = newUuid();

  @ManyToOne(() => Workflow, { deleteRule: 'cascade' })
  workflow: Rel<Workflow>;

  /** What it is about, for whoever decides. */
  @Property({ type: 'text' })
  summary: string;

  @Property({ type: 'json', columnType: 'json' })
  spec: JsonObject;

  /** The revision of the draft that it was made of; kept as long as the proposal is pending. */
  @Property({ type: 'integer' })
  baseRevision: number;

  @Enum({ items: () => proposalStatuses })
  status: Opt<ProposalStatus> = 'pending';

  /** Why it was rejected. */
  @Property({ type: 'text', nullable: true })
  reason: string | null = null;

  @ManyToOne(() => User, { deleteRule: 'cascade' })
  createdBy: Rel<User>;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date> = new Date();

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', nullable: true })
  decidedAt: Date | null = null;

  constructor(workflow: Workflow, content: Pick<WorkflowProposal, 'summary' | 'spec' | 'baseRevision' | 'createdBy'>) {
    this.workflow = workflow;
    this.summary = content.summary;
    this.spec = content.spec;
    this.baseRevision = content.baseRevision;
    this.createdBy = content.createdBy;
  }
}
