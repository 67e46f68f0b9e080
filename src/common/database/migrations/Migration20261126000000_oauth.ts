import { Migration } from '@mikro-orm/migrations';

export class Migration20261126000000_oauth extends Migration {
  override name = 'Migration20261126000000_oauth';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "oauth_client" ("provider" text not null, "client_id" text not null, "client_secret" text not null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), primary key ("provider"));`,
    );

    this.addSql(
      `create table "oauth_connection" ("id" bigserial primary key, "connection_id" uuid not null, "user_id" bigint not null, "provider" text not null, "provider_account_id" text not null, "account_label" text not null, "access_token" text not null, "refresh_token" text null, "scopes" text[] not null, "status" text not null, "expires_at" timestamptz(3) null, "last_refreshed_at" timestamptz(3) null, "last_error" text null, "refresh_failures" smallint not null default 0, "retry_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "oauth_connection" add constraint "oauth_connection_connection_id_unique" unique ("connection_id");`,
    );
    this.addSql(
      `create index "oauth_connection_due" on "oauth_connection" ("expires_at") where status = 'healthy' and refresh_token is not null;`,
    );
    this.addSql(`create index "oauth_connection_list" on "oauth_connection" ("user_id", "connection_id");`);
    this.addSql(
      `alter table "oauth_connection" add constraint "oauth_connection_account" unique ("user_id", "provider", "provider_account_id");`,
    );

    this.addSql(
      `create table "oauth_authorization" ("state_hash" text not null, "user_id" bigint not null, "provider" text not null, "browser_hash" text not null, "code_verifier" text not null, "scopes" text[] not null, "redirect_to" text null, "connection_id" uuid null, "expires_at" timestamptz(3) not null, "created_at" timestamptz(3) not null default now(), primary key ("state_hash"));`,
    );
    this.addSql(`create index "oauth_authorization_user_id_index" on "oauth_authorization" ("user_id");`);
    this.addSql(`create index "oauth_authorization_expires_at_index" on "oauth_authorization" ("expires_at");`);

    this.addSql(
      `alter table "oauth_connection" add constraint "oauth_connection_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "oauth_connection" add constraint "oauth_connection_status_check" check ("status" in ('healthy', 'reauth_required', 'revoked'));`,
    );

    this.addSql(
      `alter table "oauth_authorization" add constraint "oauth_authorization_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "oauth_client" cascade;`);
    this.addSql(`drop table if exists "oauth_connection" cascade;`);
    this.addSql(`drop table if exists "oauth_authorization" cascade;`);
  }
}
