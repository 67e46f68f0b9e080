import { Migration } from '@mikro-orm/migrations';

export class Migration20261128000000_triggers extends Migration {
  override name = 'Migration20261128000000_triggers';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "trigger_dedup" ("subscription_id" bigint not null, "event_hash" bytea not null, "event_id" uuid not null, "accepted_at" timestamptz(3) not null default now(), primary key ("subscription_id", "event_hash"));`,
    );
    this.addSql(`create index "trigger_dedup_age" on "trigger_dedup" using brin ("accepted_at");`);

    this.addSql(
      `create table "workflow_run_ending" ("run_id" uuid not null, "workflow_id" bigint not null, primary key ("run_id"));`,
    );

    this.addSql(
      `create table "trigger_subscription" ("id" bigserial primary key, "subscription_id" uuid not null, "user_id" bigint not null, "workflow_id" bigint not null, "trigger_type" text not null, "mode" text not null, "config" jsonb not null, "revision" int not null, "enabled" boolean not null, "status" text not null, "next_fire_at" timestamptz(3) null, "cursor" json null, "fence" int not null, "failures" int not null, "failing_since" timestamptz(3) null, "last_error" text null, "connection_id" bigint null, "secret" text null, "previous_secret" text null, "previous_secret_until" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "trigger_subscription" add constraint "trigger_subscription_subscription_id_unique" unique ("subscription_id");`,
    );
    this.addSql(`create index "trigger_subscription_workflow_id_index" on "trigger_subscription" ("workflow_id");`);
    this.addSql(`create index "trigger_subscription_connection_id_index" on "trigger_subscription" ("connection_id");`);
    this.addSql(
      `create index "trigger_subscription_due" on "trigger_subscription" ("mode", "next_fire_at") where next_fire_at is not null;`,
    );
    this.addSql(`create index "trigger_subscription_list" on "trigger_subscription" ("user_id", "subscription_id");`);

    this.addSql(
      `create table "trigger_event" ("user_id" bigint not null, "event_id" uuid not null, "id" bigserial not null, "subscription_id" bigint not null, "event_data" json null, "event_hash" bytea null, "processed" boolean not null default true, "verdict" text not null, "reason" text null, "run_id" uuid null, "duplicate_of" uuid null, "replay_of" uuid null, "slot" timestamptz(3) null, "occurred_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), primary key ("user_id", "event_id"));`,
    );
    this.addSql(`create index "trigger_event_age" on "trigger_event" using brin ("created_at");`);
    this.addSql(
      `create unique index "trigger_event_slot" on "trigger_event" ("subscription_id", "slot") where slot is not null;`,
    );
    this.addSql(`create index "trigger_event_of_subscription" on "trigger_event" ("subscription_id", "event_id");`);

    this.addSql(
      `create table "workflow_watch" ("watch_id" uuid not null, "workflow_id" bigint not null, "created_at" timestamptz(3) not null default now(), primary key ("watch_id"));`,
    );
    this.addSql(`create index "workflow_watch_workflow_id_index" on "workflow_watch" ("workflow_id");`);

    this.addSql(`create index "idempotency_record_age" on "idempotency_record" using brin ("created_at");`);

    this.addSql(`alter table "workflow_run" add "trigger_event_id" uuid null, add "hops" smallint not null default 0;`);

    this.addSql(
      `alter table "workflow_run_ending" add constraint "workflow_run_ending_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );

    this.addSql(
      `alter table "trigger_subscription" add constraint "trigger_subscription_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "trigger_subscription" add constraint "trigger_subscription_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "trigger_subscription" add constraint "trigger_subscription_connection_id_foreign" foreign key ("connection_id") references "oauth_connection" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "trigger_subscription" add constraint "trigger_subscription_mode_check" check ("mode" in ('schedule', 'webhook', 'poll', 'form', 'internal'));`,
    );
    this.addSql(
      `alter table "trigger_subscription" add constraint "trigger_subscription_status_check" check ("status" in ('active', 'failing', 'reauth_required', 'stopped'));`,
    );

    this.addSql(
      `alter table "trigger_event" add constraint "trigger_event_subscription_id_foreign" foreign key ("subscription_id") references "trigger_subscription" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "trigger_event" add constraint "trigger_event_verdict_check" check ("verdict" in ('accepted', 'duplicate', 'filtered', 'rejected', 'skipped', 'failed'));`,
    );

    this.addSql(
      `alter table "workflow_watch" add constraint "workflow_watch_workflow_id_foreign" foreign key ("workflow_id") references "workflow" ("id") on delete cascade;`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "trigger_event" drop constraint "trigger_event_subscription_id_foreign";`);

    this.addSql(`drop table if exists "trigger_dedup" cascade;`);
    this.addSql(`drop table if exists "workflow_run_ending" cascade;`);
    this.addSql(`drop table if exists "trigger_subscription" cascade;`);
    this.addSql(`drop table if exists "trigger_event" cascade;`);
    this.addSql(`drop table if exists "workflow_watch" cascade;`);

    this.addSql(`drop index "idempotency_record_age";`);

    this.addSql(`alter table "workflow_run" drop column "trigger_event_id", drop column "hops";`);
  }
}
