import { Migration } from '@mikro-orm/migrations';

export class Migration20261129000101_identity_webhook extends Migration {
  override name = 'Migration20261129000101_identity_webhook';

  override up(): void | Promise<void> {
    this.addSql(
      `alter table "user" add "identity_updated_at" timestamptz(3) null, add "identity_gone_at" timestamptz(3) null;`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "user" drop column "identity_updated_at", drop column "identity_gone_at";`);
  }
}
