import { Migration } from '@mikro-orm/migrations';

export class Migration20261130000400_open_child extends Migration {
  override name = 'Migration20261130000400_open_child';

  override up(): void | Promise<void> {
    this.addSql(
      `create index "workflow_run_open_child" on "workflow_run" ("parent_run_id") where parent_run_id is not null and status in ('QUEUED', 'RUNNING', 'WAITING');`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "workflow_run_open_child";`);
  }
}
