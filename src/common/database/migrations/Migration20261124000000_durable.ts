import { Migration } from '@mikro-orm/migrations';

export class Migration20261124000000_durable extends Migration {
  override name = 'Migration20261124000000_durable';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "run_worker" ("worker_id" uuid not null, "name" text not null, "started_at" timestamptz(3) not null default now(), "lease_until" timestamptz(3) not null, primary key ("worker_id"));`,
    );
    this.addSql(`create index "run_worker_lease" on "run_worker" ("lease_until");`);

    this.addSql(
      `alter table "workflow_run" add "crashes" smallint not null default 0, add "ran_ms" int not null default 0, add "answers" jsonb null, add "wake_at" timestamptz(3) null, add "parent_run_id" uuid null, add "parent_path" text null, add "depth" smallint not null default 0, add "concurrency_key" text null, add "concurrency_limit" int null, add "forked_from_run_id" uuid null, add "forked_from_step" int null, add "tries" smallint not null default 1;`,
    );
    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_parent_run_id_foreign" foreign key ("parent_run_id") references "workflow_run" ("run_id") on delete cascade;`,
    );
    this.addSql(
      `create index "workflow_run_concurrency" on "workflow_run" ("concurrency_key", "run_id") where concurrency_key is not null and status in ('QUEUED', 'RUNNING', 'WAITING');`,
    );
    this.addSql(
      `create unique index "workflow_run_child" on "workflow_run" ("parent_run_id", "parent_path") where parent_run_id is not null;`,
    );
    this.addSql(`create index "workflow_run_due" on "workflow_run" ("wake_at") where status = 'WAITING';`);

    // Specs keep the order of their keys: it is the order of the fields of a form.
    for (const table of ['workflow_version', 'workflow_draft', 'workflow_draft_revision']) {
      this.addSql(`alter table "${table}" alter column "spec" type json using ("spec"::json);`);
    }
    this.addSql(`alter table "workflow_run" alter column "waiting_for" type jsonb using ("waiting_for"::jsonb);`);
    this.addSql(`drop index "workflow_run_queue";`);
    this.addSql(`create index "workflow_run_queue" on "workflow_run" ("user_id", "run_id") where status = 'QUEUED';`);

    this.addSql(`alter table "workflow_run_step" add "seq" int null, add "inputs" json null, add "usage" json null;`);
    // Steps that are there already are numbered in the order they ended.
    this.addSql(
      `update "workflow_run_step" s set "seq" = n."seq" from (select "run_id", "path", "attempt", row_number() over (partition by "run_id" order by "completed_at", "path", "attempt") as "seq" from "workflow_run_step") n where s."run_id" = n."run_id" and s."path" = n."path" and s."attempt" = n."attempt";`,
    );
    this.addSql(`alter table "workflow_run_step" alter column "seq" set not null;`);

    this
      .addSql(`create view "workflow_run_checkpoint" as select run_id, seq as step, node_id, completed_at as created_at
    from workflow_run_step
    where status <> 'FAILED' and path = node_id;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop view if exists "workflow_run_checkpoint" cascade;`);
    this.addSql(`drop table if exists "run_worker" cascade;`);

    this.addSql(`alter table "workflow_run" drop constraint "workflow_run_parent_run_id_foreign";`);

    for (const table of ['workflow_version', 'workflow_draft', 'workflow_draft_revision']) {
      this.addSql(`alter table "${table}" alter column "spec" type jsonb using ("spec"::jsonb);`);
    }
    this.addSql(`drop index "workflow_run_queue";`);
    this.addSql(`create index "workflow_run_queue" on "workflow_run" ("run_id") where status = 'QUEUED';`);
    this.addSql(`alter table "workflow_run" alter column "waiting_for" type json using ("waiting_for"::json);`);
    this.addSql(`drop index "workflow_run_concurrency";`);
    this.addSql(`drop index "workflow_run_child";`);
    this.addSql(`drop index "workflow_run_due";`);
    this.addSql(
      `alter table "workflow_run" drop column "crashes", drop column "ran_ms", drop column "answers", drop column "wake_at", drop column "parent_run_id", drop column "parent_path", drop column "depth", drop column "concurrency_key", drop column "concurrency_limit", drop column "forked_from_run_id", drop column "forked_from_step", drop column "tries";`,
    );

    this.addSql(`alter table "workflow_run_step" drop column "seq", drop column "inputs", drop column "usage";`);
  }
}
