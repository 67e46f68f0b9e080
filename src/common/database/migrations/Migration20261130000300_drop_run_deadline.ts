import { Migration } from '@mikro-orm/migrations';

/**
 * Written and never read: the end of a run's 30 days follows from `created_at`. A build that still writes the column could not
 * run next to this schema, so this would have to wait for a later version (docs/operations.md, Upgrades) if any version
 * had been released with it; none was.
 */
export class Migration20261130000300_drop_run_deadline extends Migration {
  override name = 'Migration20261130000300_drop_run_deadline';

  override up(): void | Promise<void> {
    this.addSql(`alter table "workflow_run" drop column "deadline";`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "workflow_run" add "deadline" timestamptz(3) null;`);
  }
}
