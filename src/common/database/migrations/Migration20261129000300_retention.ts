import { Migration } from '@mikro-orm/migrations';

export class Migration20261129000300_retention extends Migration {
  override name = 'Migration20261129000300_retention';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "retention_pass" ("id" text not null, "started_at" timestamptz(3) not null default now(), "finished_at" timestamptz(3) null, "rows" jsonb not null, primary key ("id"));`,
    );

    this.addSql(`alter table "workflow_run" drop constraint "workflow_run_workflow_version_id_foreign";`);
    this.addSql(`drop index "workflow_run_list";`);
    this.addSql(`create index "workflow_run_list" on "workflow_run" ("user_id", "source", "run_id");`);
    this.addSql(`drop index "workflow_run_of_workflow";`);
    this.addSql(
      `create index "workflow_run_of_workflow" on "workflow_run" ("workflow_id", "source", "run_id", "workflow_version_id");`,
    );
    this.addSql(
      `create index "workflow_run_exceptional" on "workflow_run" ("user_id", "status", "source", "run_id") where status <> 'COMPLETED';`,
    );
    this.addSql(
      `create index "workflow_run_exceptional_of_workflow" on "workflow_run" ("workflow_id", "status", "source", "run_id", "workflow_version_id") where status <> 'COMPLETED';`,
    );
    this.addSql(
      `create index "workflow_run_fork_event" on "workflow_run" ("trigger_event_id") where forked_from_run_id is not null and trigger_event_id is not null;`,
    );

    this.addSql(`drop index "trigger_event_age";`);
    this.addSql(
      `create index "trigger_event_unaccepted" on "trigger_event" ("user_id", "verdict", "event_id") where verdict <> 'accepted';`,
    );
    this.addSql(
      `create index "trigger_event_unaccepted_of_subscription" on "trigger_event" ("subscription_id", "verdict", "event_id") where verdict <> 'accepted';`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "trigger_event_unaccepted_of_subscription";`);
    this.addSql(`drop index "trigger_event_unaccepted";`);
    this.addSql(`create index "trigger_event_age" on "trigger_event" using brin ("created_at");`);

    this.addSql(`drop index "workflow_run_fork_event";`);
    this.addSql(`drop index "workflow_run_exceptional_of_workflow";`);
    this.addSql(`drop index "workflow_run_exceptional";`);
    this.addSql(`drop index "workflow_run_of_workflow";`);
    this.addSql(`create index "workflow_run_of_workflow" on "workflow_run" ("workflow_id", "run_id");`);
    this.addSql(`drop index "workflow_run_list";`);
    this.addSql(`create index "workflow_run_list" on "workflow_run" ("user_id", "run_id");`);
    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_workflow_version_id_foreign" foreign key ("workflow_version_id") references "workflow_version" ("id") on delete cascade;`,
    );

    this.addSql(`drop table if exists "retention_pass" cascade;`);
  }
}
