import { Migration } from '@mikro-orm/migrations';

export class Migration20261129000200_admin_views extends Migration {
  override name = 'Migration20261129000200_admin_views';

  override up(): void | Promise<void> {
    this.addSql(`alter table "run_worker" add "runs_lost" int not null default 0;`);

    this.addSql(
      `create index "oauth_connection_trouble" on "oauth_connection" ("connection_id") where status <> 'healthy' or refresh_failures > 0;`,
    );

    this.addSql(
      `create index "workflow_run_reconnect" on "workflow_run" ("run_id") where status = 'WAITING' and waiting_for::text like '%"type": "reconnect"%';`,
    );
    this.addSql(
      `create index "workflow_run_error" on "workflow_run" ((error_detail ->> 'code'), "run_id") where status in ('FAILED', 'CANCELLED');`,
    );
    this.addSql(
      `create index "workflow_run_unsuccessful" on "workflow_run" ("status", "run_id") where status in ('FAILED', 'CANCELLED');`,
    );

    this.addSql(`alter table "trigger_subscription" add "silent_since" timestamptz(3) null;`);
    this.addSql(
      `create index "trigger_subscription_silent" on "trigger_subscription" ("subscription_id") where silent_since is not null;`,
    );
    this.addSql(
      `create index "trigger_subscription_trouble" on "trigger_subscription" ("subscription_id") where status <> 'active' or last_error is not null;`,
    );

    this.addSql(
      `create index "trigger_event_refused" on "trigger_event" ("event_id") where verdict in ('rejected', 'failed');`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "oauth_connection_trouble";`);

    this.addSql(`alter table "run_worker" drop column "runs_lost";`);

    this.addSql(`drop index "trigger_event_refused";`);

    this.addSql(`drop index "trigger_subscription_silent";`);
    this.addSql(`drop index "trigger_subscription_trouble";`);
    this.addSql(`alter table "trigger_subscription" drop column "silent_since";`);

    this.addSql(`drop index "workflow_run_reconnect";`);
    this.addSql(`drop index "workflow_run_error";`);
    this.addSql(`drop index "workflow_run_unsuccessful";`);
  }
}
