import { Migration } from '@mikro-orm/migrations';

export class Migration20261129000000_audit extends Migration {
  override name = 'Migration20261129000000_audit';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "audit_entry" ("entry_id" uuid not null, "actor_kind" text not null, "actor_id" uuid null, "actor_subject" text null, "actor_issuer" text null, "api_key_id" uuid null, "action" text not null, "object_kind" text null, "object_id" text null, "owner_id" uuid null, "request_id" text null, "address" text null, "details" json not null, "created_at" timestamptz(3) not null default now(), primary key ("entry_id"));`,
    );
    this.addSql(
      `create index "audit_entry_of_action" on "audit_entry" ("action" text_pattern_ops, "created_at", "entry_id");`,
    );
    this.addSql(`create index "audit_entry_of_request" on "audit_entry" ("request_id", "created_at", "entry_id");`);
    this.addSql(`create index "audit_entry_of_object" on "audit_entry" ("object_id", "created_at", "entry_id");`);
    this.addSql(`create index "audit_entry_of_owner" on "audit_entry" ("owner_id", "created_at", "entry_id");`);
    this.addSql(`create index "audit_entry_of_actor" on "audit_entry" ("actor_id", "created_at", "entry_id");`);
    this.addSql(`create index "audit_entry_time" on "audit_entry" ("created_at", "entry_id");`);

    this.addSql(
      `alter table "user" add "public_id" uuid not null default gen_random_uuid(), add "deactivated_at" timestamptz(3) null, add "deletion_begun_at" timestamptz(3) null;`,
    );
    this.addSql(`alter table "user" add constraint "user_public_id_unique" unique ("public_id");`);
    this.addSql(`create index "user_deactivated" on "user" ("id") where deactivated_at is not null;`);
    this.addSql(`create index "user_admin" on "user" ("id") where role = 'admin';`);
    this.addSql(`create index "user_email" on "user" (lower("email") text_pattern_ops, "id");`);

    this.addSql(
      `alter table "audit_entry" add constraint "audit_entry_actor_kind_check" check ("actor_kind" in ('user', 'visitor', 'run', 'cli', 'system'));`,
    );
    this.addSql(
      `create or replace function "audit_entry_kept_fn"() returns trigger as $$ begin if current_setting('seer.audit_prune', true) = 'on' and old.created_at < now() - interval '30 days' then return old; end if; raise exception 'the audit is append-only: % is refused', tg_op using errcode = 'insufficient_privilege'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "kept" BEFORE DELETE on "audit_entry" for each ROW execute function "audit_entry_kept_fn"();`,
    );
    this.addSql(
      `create or replace function "audit_entry_never_changed_fn"() returns trigger as $$ begin raise exception 'the audit is append-only: % is refused', tg_op using errcode = 'insufficient_privilege'; end; $$ language plpgsql;`,
    );
    this.addSql(
      `create trigger "never_changed" BEFORE UPDATE on "audit_entry" for each STATEMENT execute function "audit_entry_never_changed_fn"();`,
    );
    // MikroORM knows nothing of the rest: TRUNCATE is not in information_schema, nor is it that replicas fire as well.
    this.addSql(
      `create trigger "never_emptied" before truncate on "audit_entry" for each statement execute function "audit_entry_never_changed_fn"();`,
    );
    for (const trigger of ['kept', 'never_changed', 'never_emptied']) {
      this.addSql(`alter table "audit_entry" enable always trigger "${trigger}";`);
    }
  }

  override down(): void | Promise<void> {
    this.addSql(`drop trigger if exists "never_emptied" on "audit_entry";`);
    this.addSql(`drop trigger if exists "kept" on "audit_entry";`);
    this.addSql(`drop function if exists "audit_entry_kept_fn"();`);
    this.addSql(`drop trigger if exists "never_changed" on "audit_entry";`);
    this.addSql(`drop function if exists "audit_entry_never_changed_fn"();`);
    this.addSql(`drop table if exists "audit_entry" cascade;`);

    this.addSql(`alter table "user" drop constraint "user_public_id_unique";`);
    this.addSql(`drop index "user_deactivated";`);
    this.addSql(`drop index "user_admin";`);
    this.addSql(`drop index "user_email";`);
    this.addSql(
      `alter table "user" drop column "public_id", drop column "deactivated_at", drop column "deletion_begun_at";`,
    );
  }
}
