import { Migration } from '@mikro-orm/migrations';

export class Migration20261123000000_initial extends Migration {
  override name = 'Migration20261123000000_initial';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "encryption_key" ("id" text not null, "status" text not null, "wrapped_key" text not null, "master_key_id" text not null, "canary" text not null, "created_at" timestamptz(3) not null default now(), "retired_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(
      `create unique index "encryption_key_one_primary" on "encryption_key" ("status") where "status" = 'primary';`,
    );

    this.addSql(
      `create table "idempotency_record" ("user_id" bigint not null, "key" text not null, "request_hash" bytea not null, "status" smallint null, "location" text null, "body" text null, "created_at" timestamptz(3) not null default now(), primary key ("user_id", "key"));`,
    );

    this.addSql(
      `create table "user" ("id" bigserial primary key, "user_id" text not null, "issuer" text not null, "email" text not null, "role" text not null, "created_at" timestamptz(3) not null default now());`,
    );
    this.addSql(`alter table "user" add constraint "user_issuer_user_id_unique" unique ("issuer", "user_id");`);

    this.addSql(
      `create table "api_key" ("id" bigserial primary key, "key_id" uuid not null, "user_id" bigint not null, "name" text not null, "prefix" text not null, "key_hash" text not null, "scopes" text[] not null, "expires_at" timestamptz(3) null, "last_used_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now());`,
    );
    this.addSql(`alter table "api_key" add constraint "api_key_key_id_unique" unique ("key_id");`);
    this.addSql(`alter table "api_key" add constraint "api_key_key_hash_unique" unique ("key_hash");`);
    this.addSql(`create index "api_key_user_id_key_id_index" on "api_key" ("user_id", "key_id");`);

    this.addSql(
      `create table "workflow" ("id" bigserial primary key, "workflow_id" uuid not null, "user_id" bigint not null, "name" text not null, "description" text not null default '', "tags" text[] not null, "published_version_id" bigint null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now());`,
    );
    this.addSql(`alter table "workflow" add constraint "workflow_workflow_id_unique" unique ("workflow_id");`);
    this.addSql(`create index "workflow_list" on "workflow" ("user_id", "id");`);

    this.addSql(
      `create table "workflow_version" ("id" bigserial primary key, "workflow_id" bigint not null, "version_number" int not null, "status" text not null, "spec" jsonb not null, "spec_hash" text not null, "created_from_draft_revision" int not null, "created_by_id" bigint not null, "created_at" timestamptz(3) not null default now(), "published_at" timestamptz(3) null);`,
    );
    this.addSql(
      `create unique index "workflow_version_one_published" on "workflow_version" ("workflow_id") where status = 'PUBLISHED';`,
    );
    this.addSql(
      `alter table "workflow_version" add constraint "workflow_version_workflow_id_spec_hash_unique" unique ("workflow_id", "spec_hash");`,
    );
    this.addSql(
      `alter table "workflow_version" add constraint "workflow_version_workflow_id_version_number_unique" unique ("workflow_id", "version_number");`,
    );

    this.addSql(
      `create table "workflow_run" ("run_id" uuid not null, "id" bigserial, "user_id" bigint not null, "workflow_id" bigint null, "workflow_version_id" bigint null, "spec" json null, "inputs" json null, "outputs" json null, "config" json null, "status" text not null, "source" text not null, "error" text null, "error_detail" json null, "attempt" smallint not null default 1, "worker_id" uuid null, "waiting_for" json null, "created_at" timestamptz(3) not null default now(), "started_at" timestamptz(3) null, "completed_at" timestamptz(3) null, "deadline" timestamptz(3) null, primary key ("run_id"));`,
    );
    this.addSql(`create index "workflow_run_leased" on "workflow_run" ("worker_id") where status = 'RUNNING';`);
    this.addSql(`create index "workflow_run_queue" on "workflow_run" ("run_id") where status = 'QUEUED';`);
    this.addSql(`create index "workflow_run_of_workflow" on "workflow_run" ("workflow_id", "run_id");`);
    this.addSql(`create index "workflow_run_list" on "workflow_run" ("user_id", "run_id");`);

    this.addSql(
      `create table "workflow_run_step" ("run_id" uuid not null, "path" text not null, "attempt" smallint not null, "node_id" text not null, "status" text not null, "output" json null, "error" json null, "started_at" timestamptz(3) not null, "completed_at" timestamptz(3) not null, primary key ("run_id", "path", "attempt"));`,
    );

    this.addSql(
      `create table "workflow_draft_revision" ("workflow_id" bigint not null, "revision" int not null, "spec" jsonb not null, "created_at" timestamptz(3) not null default now(), primary key ("workflow_id", "revision"));`,
    );

    this.addSql(
      `create table "workflow_draft" ("id" bigserial primary key, "workflow_id" bigint not null, "spec" jsonb not null, "revision" int not null default 1, "updated_by_id" bigint not null, "updated_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "workflow_draft" add constraint "workflow_draft_workflow_id_unique" unique ("workflow_id");`,
    );

    this.addSql(
      `alter table "encryption_key" add constraint "encryption_key_retired_at" check ((status = 'retired') = (retired_at is not null));`,
    );
    this.addSql(
      `alter table "encryption_key" add constraint "encryption_key_status_check" check ("status" in ('primary', 'active', 'retired'));`,
    );

    this.addSql(`alter table "user" add constraint "user_role_check" check ("role" in ('member', 'admin'));`);

    this.addSql(
      `alter table "api_key" add constraint "api_key_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );

    this.addSql(
      `alter table "workflow" add constraint "workflow_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow" add constraint "workflow_published_version_id_foreign" foreign key ("published_version_id") references "workflow_version" ("id") on delete set null;`,
    );

    this.addSql(
      `alter table "workflow_version" add constraint "workflow_version_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_version" add constraint "workflow_version_created_by_id_foreign" foreign key ("created_by_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_version" add constraint "workflow_version_status_check" check ("status" in ('DRAFT', 'PUBLISHED', 'ARCHIVED'));`,
    );

    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_workflow_version_id_foreign" foreign key ("workflow_version_id") references "workflow_version" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_status_check" check ("status" in ('QUEUED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'));`,
    );
    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_source_check" check ("source" in ('MANUAL', 'TRIGGER', 'AGENT', 'FORM'));`,
    );

    this.addSql(
      `alter table "workflow_run_step" add constraint "workflow_run_step_run_id_foreign" foreign key ("run_id") references "workflow_run" ("run_id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_run_step" add constraint "workflow_run_step_status_check" check ("status" in ('COMPLETED', 'FAILED', 'SKIPPED'));`,
    );

    this.addSql(
      `alter table "workflow_draft_revision" add constraint "workflow_draft_revision_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );

    this.addSql(
      `alter table "workflow_draft" add constraint "workflow_draft_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "workflow_draft" add constraint "workflow_draft_updated_by_id_foreign" foreign key ("updated_by_id") references "user" ("id") on delete cascade;`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "api_key" drop constraint "api_key_user_id_foreign";`);
    this.addSql(`alter table "workflow" drop constraint "workflow_user_id_foreign";`);
    this.addSql(`alter table "workflow_version" drop constraint "workflow_version_created_by_id_foreign";`);
    this.addSql(`alter table "workflow_run" drop constraint "workflow_run_user_id_foreign";`);
    this.addSql(`alter table "workflow_draft" drop constraint "workflow_draft_updated_by_id_foreign";`);
    this.addSql(`alter table "workflow_version" drop constraint "workflow_version_workflow_id_foreign";`);
    this.addSql(`alter table "workflow_run" drop constraint "workflow_run_workflow_id_foreign";`);
    this.addSql(`alter table "workflow_draft_revision" drop constraint "workflow_draft_revision_workflow_id_foreign";`);
    this.addSql(`alter table "workflow_draft" drop constraint "workflow_draft_workflow_id_foreign";`);
    this.addSql(`alter table "workflow" drop constraint "workflow_published_version_id_foreign";`);
    this.addSql(`alter table "workflow_run" drop constraint "workflow_run_workflow_version_id_foreign";`);
    this.addSql(`alter table "workflow_run_step" drop constraint "workflow_run_step_run_id_foreign";`);

    this.addSql(`drop table if exists "encryption_key" cascade;`);
    this.addSql(`drop table if exists "idempotency_record" cascade;`);
    this.addSql(`drop table if exists "user" cascade;`);
    this.addSql(`drop table if exists "api_key" cascade;`);
    this.addSql(`drop table if exists "workflow" cascade;`);
    this.addSql(`drop table if exists "workflow_version" cascade;`);
    this.addSql(`drop table if exists "workflow_run" cascade;`);
    this.addSql(`drop table if exists "workflow_run_step" cascade;`);
    this.addSql(`drop table if exists "workflow_draft_revision" cascade;`);
    this.addSql(`drop table if exists "workflow_draft" cascade;`);
  }
}
