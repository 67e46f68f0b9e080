import { Migration } from '@mikro-orm/migrations';

export class Migration20261126000001_encryption_rotation extends Migration {
  override name = 'Migration20261126000001_encryption_rotation';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "encryption_rotation" ("id" uuid not null, "state" text not null default 'running', "key_id" text not null, "started_at" timestamptz(3) not null default now(), "promoted_at" timestamptz(3) null, "finished_at" timestamptz(3) null, "unreadable_count" int not null default 0, "unreadable" jsonb not null default '[]', primary key ("id"));`,
    );
    this.addSql(
      `create unique index "encryption_rotation_one_running" on "encryption_rotation" ("state") where "state" = 'running';`,
    );

    this.addSql(
      `alter table "encryption_rotation" add constraint "encryption_rotation_finished_at" check ((state = 'finished') = (finished_at is not null));`,
    );
    this.addSql(
      `alter table "encryption_rotation" add constraint "encryption_rotation_state_check" check ("state" in ('running', 'finished'));`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "encryption_rotation" cascade;`);
  }
}
