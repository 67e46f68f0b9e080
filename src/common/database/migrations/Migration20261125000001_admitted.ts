import { Migration } from '@mikro-orm/migrations';

export class Migration20261125000001_admitted extends Migration {
  override name = 'Migration20261125000001_admitted';

  override up(): void | Promise<void> {
    this.addSql(
      `update "workflow_run" set "admitted" = true where "concurrency_key" is not null and "admitted" is null;`,
    );
    this.addSql(
      `alter table "workflow_run" add constraint "workflow_run_admitted" check ((concurrency_key is null) = (admitted is null));`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "workflow_run" drop constraint "workflow_run_admitted";`);
  }
}
