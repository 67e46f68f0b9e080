import { Migration } from '@mikro-orm/migrations';

export class Migration20261127000000_integrations extends Migration {
  override name = 'Migration20261127000000_integrations';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "integration_resource" ("id" bigserial primary key, "resource_id" uuid not null, "user_id" bigint not null, "name" text not null, "resource_type" text not null, "provider" text not null, "connection_id" bigint null, "metadata" jsonb not null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "integration_resource" add constraint "integration_resource_resource_id_unique" unique ("resource_id");`,
    );
    this.addSql(`create index "integration_resource_connection_id_index" on "integration_resource" ("connection_id");`);
    this.addSql(`create index "integration_resource_type" on "integration_resource" ("user_id", "resource_type");`);
    this.addSql(`create index "integration_resource_list" on "integration_resource" ("user_id", "resource_id");`);

    this.addSql(
      `create table "integration_secret" ("id" bigserial primary key, "resource_id" bigint not null, "key" text not null, "value" text not null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "integration_secret" add constraint "integration_secret_key" unique ("resource_id", "key");`,
    );

    this.addSql(
      `alter table "integration_resource" add constraint "integration_resource_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "integration_resource" add constraint "integration_resource_connection_id_foreign" foreign key ("connection_id") references "oauth_connection" ("id") on delete set null;`,
    );

    this.addSql(
      `alter table "integration_secret" add constraint "integration_secret_resource_id_foreign" foreign key ("resource_id") references "integration_resource" ("id") on delete cascade;`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "integration_secret" cascade;`);
    this.addSql(`drop table if exists "integration_resource" cascade;`);
  }
}
