import { TextArrayType } from '../common/database/sql-array.js';
import { type Opt, type Rel } from '@mikro-orm/core';
import { ownedBy } from '../common/database/walls/ownership.js';
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { newUuid } from '../common/public-id.js';
import { User } from '../users/index.js';
import { WorkflowVersion } from './workflow-version.entity.js';

/** What its owner sees as one workflow: a draft to edit, versions that never change, at most one of them published. */
@Entity({ policies: ownedBy() })
@Index({ name: 'workflow_list', properties: ['user', 'id'] })
export class Workflow {
  @PrimaryKey({ type: 'bigint', autoincrement: true })
  id: Opt<string>;

  @Property({ type: 'uuid' })
  @Unique()
  workflowId: Opt<string> = newUuid();

  @ManyToOne(() => User, { deleteRule: 'cascade' })
  user: Rel<User>;

  @Property({ type: 'text' })
  name: string;

  @Property({ type: 'text' })
  description: Opt<string> = '';

  @Property({ type: TextArrayType })
  tags: Opt<string[]> = [];

  @ManyToOne(() => WorkflowVersion, { nullable: true, deleteRule: 'set null' })
  publishedVersion: Opt<Rel<WorkflowVersion>> | null = null;

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()' })
  createdAt: Opt<Date> = new Date();

  @Property({ type: 'timestamptz', columnType: 'timestamptz(3)', defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt: Opt<Date> = new Date();

  constructor(user: User, name: string) {
    this.user = user;
    this.name = name;
  }
}
