import { Migration } from '@mikro-orm/migrations';

export class Migration20261125000000_admission extends Migration {
  override name = 'Migration20261125000000_admission';

  override up(): void | Promise<void> {
    this.addSql(`alter table "workflow_run" add "admitted" boolean null;`);
    this.addSql(`drop index "workflow_run_queue";`);
    this.addSql(
      `create index "workflow_run_queue" on "workflow_run" ("user_id", "run_id") where status = 'QUEUED' and admitted is not false;`,
    );
    this.addSql(`drop index "workflow_run_concurrency";`);
    this.addSql(
      `create index "workflow_run_concurrency" on "workflow_run" ("concurrency_key", "run_id") where admitted and status in ('QUEUED', 'RUNNING', 'WAITING');`,
    );
    this.addSql(
      `create index "workflow_run_held_back" on "workflow_run" ("concurrency_key", "run_id") where status = 'QUEUED' and not admitted;`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "workflow_run_held_back";`);
    this.addSql(`drop index "workflow_run_concurrency";`);
    this.addSql(
      `create index "workflow_run_concurrency" on "workflow_run" ("concurrency_key", "run_id") where concurrency_key is not null and status in ('QUEUED', 'RUNNING', 'WAITING');`,
    );
    this.addSql(`drop index "workflow_run_queue";`);
    this.addSql(`create index "workflow_run_queue" on "workflow_run" ("user_id", "run_id") where status = 'QUEUED';`);
    this.addSql(`alter table "workflow_run" drop column "admitted";`);
  }
}
