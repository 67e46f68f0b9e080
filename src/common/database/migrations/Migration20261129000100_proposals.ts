import { Migration } from '@mikro-orm/migrations';

export class Migration20261129000100_proposals extends Migration {
  override name = 'Migration20261129000100_proposals';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "workflow_proposal" ("id" bigserial primary key, "proposal_id" uuid not null, "workflow_id" bigint not null, "summary" text not null, "spec" json not null, "base_revision" int not null, "status" text not null, "reason" text null, "created_by_id" bigint not null, "created_at" timestamptz(3) not null default now(), "decided_at" timestamptz(3) null);`,
    );
    this.addSql(
      `alter table "workflow_proposal" add constraint "workflow_proposal_proposal_id_unique" unique ("proposal_id");`,
    );
    this.addSql(
      `create index "workflow_proposal_pending" on "workflow_proposal" ("workflow_id") where status = 'pending';`,
    );
    this.addSql(`create index "workflow_proposal_list" on "workflow_proposal" ("workflow_id", "proposal_id");`);

    this.addSql(
      `alter table "workflow_proposal" add constraint "workflow_proposal_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_proposal" add constraint "workflow_proposal_created_by_id_foreign" foreign key ("created_by_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_proposal" add constraint "workflow_proposal_status_check" check ("status" in ('pending', 'accepted', 'rejected', 'superseded'));`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "workflow_proposal" cascade;`);
  }
}
