import { Migration } from '@mikro-orm/migrations';

export class Migration20261130000100_deleted_runs extends Migration {
  override name = 'Migration20261130000100_deleted_runs';

  override up(): void | Promise<void> {
    this.addSql(
      `create table "deleted_run_count" ("user_id" bigint not null, "span" text not null, "runs" int not null, primary key ("user_id", "span"));`,
    );

    this.addSql(
      `create or replace function "workflow_run_deleted_counted_fn"() returns trigger as $$ begin insert into deleted_run_count as known (user_id, span, runs) select user_id, left(run_id::text, 7), count(*) from gone where run_id >= (lpad(to_hex(greatest(extract(epoch from now() - interval '1 day') * 1000, 0)::bigint), 12, '0') || repeat('0', 20))::uuid and exists (select from "user" u where u.id = gone.user_id) group by 1, 2 order by 1, 2 on conflict (user_id, span) do update set runs = known.runs + excluded.runs; delete from deleted_run_count where user_id in (select user_id from gone) and span < left((lpad(to_hex(greatest(extract(epoch from now() - interval '1 day') * 1000, 0)::bigint), 12, '0') || repeat('0', 20))::uuid::text, 7); return null; end; $$ language plpgsql;`,
    );
    // What the statement deletes, by foreign keys as well, in one go: MikroORM does not know of such tables.
    this.addSql(
      `create trigger "deleted_counted" AFTER DELETE on "workflow_run" referencing old table as gone for each STATEMENT execute function "workflow_run_deleted_counted_fn"();`,
    );

    this.addSql(
      `alter table "deleted_run_count" add constraint "deleted_run_count_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "deleted_run_count" enable row level security;`);
    this.addSql(
      `create policy "owner" on "deleted_run_count" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop trigger if exists "deleted_counted" on "workflow_run";`);
    this.addSql(`drop function if exists "workflow_run_deleted_counted_fn"();`);
    this.addSql(`drop table if exists "deleted_run_count" cascade;`);
  }
}
