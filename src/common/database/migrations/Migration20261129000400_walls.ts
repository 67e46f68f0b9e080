import { Migration } from '@mikro-orm/migrations';

export class Migration20261129000400_walls extends Migration {
  override name = 'Migration20261129000400_walls';

  override up(): void | Promise<void> {
    this.addSql(`alter table "idempotency_record" enable row level security;`);
    this.addSql(
      `create policy "owner" on "idempotency_record" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "user" enable row level security;`);
    this.addSql(
      `create policy "owner" on "user" using (not ("id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "oauth_connection" enable row level security;`);
    this.addSql(
      `create policy "owner" on "oauth_connection" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "oauth_authorization" enable row level security;`);
    this.addSql(
      `create policy "owner" on "oauth_authorization" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "integration_resource" enable row level security;`);
    this.addSql(
      `create policy "owner" on "integration_resource" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "integration_secret" enable row level security;`);
    this.addSql(
      `create policy "owner" on "integration_secret" using (exists (select from integration_resource where integration_resource.id = integration_secret.resource_id));`,
    );
    this.addSql(`alter table "api_key" enable row level security;`);
    this.addSql(
      `create policy "owner" on "api_key" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "workflow" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "workflow_version" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_version" using (exists (select from workflow where workflow.id = workflow_version.workflow_id));`,
    );
    this.addSql(`alter table "workflow_run" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_run" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "workflow_run_step" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_run_step" using (exists (select from workflow_run where workflow_run.run_id = workflow_run_step.run_id));`,
    );
    this.addSql(`alter table "workflow_proposal" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_proposal" using (exists (select from workflow where workflow.id = workflow_proposal.workflow_id));`,
    );
    this.addSql(`alter table "workflow_draft_revision" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_draft_revision" using (exists (select from workflow where workflow.id = workflow_draft_revision.workflow_id));`,
    );
    this.addSql(`alter table "workflow_draft" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_draft" using (exists (select from workflow where workflow.id = workflow_draft.workflow_id));`,
    );
    this.addSql(`alter table "trigger_subscription" enable row level security;`);
    this.addSql(
      `create policy "owner" on "trigger_subscription" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "trigger_event" enable row level security;`);
    this.addSql(
      `create policy "owner" on "trigger_event" using (not ("user_id" is distinct from nullif(current_setting('seer.owner', true), '')::bigint));`,
    );
    this.addSql(`alter table "workflow_watch" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_watch" using (exists (select from workflow where workflow.id = workflow_watch.workflow_id));`,
    );

    this.addSql(`alter table "trigger_dedup" enable row level security;`);
    this.addSql(
      `create policy "owner" on "trigger_dedup" using (exists (select from trigger_subscription where trigger_subscription.id = trigger_dedup.subscription_id));`,
    );
    this.addSql(`alter table "workflow_run_ending" enable row level security;`);
    this.addSql(
      `create policy "owner" on "workflow_run_ending" using (exists (select from workflow where workflow.id = workflow_run_ending.workflow_id));`,
    );
    // A view reads as whoever made it; this one is to read as whoever asks.
    this.addSql(`alter view "workflow_run_checkpoint" set (security_invoker = true);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter view "workflow_run_checkpoint" reset (security_invoker);`);
    this.addSql(`drop policy "owner" on "trigger_dedup";`);
    this.addSql(`drop policy if exists "engine" on "trigger_dedup";`);
    this.addSql(`alter table "trigger_dedup" disable row level security;`);
    this.addSql(`drop policy "owner" on "workflow_run_ending";`);
    this.addSql(`drop policy if exists "engine" on "workflow_run_ending";`);
    this.addSql(`alter table "workflow_run_ending" disable row level security;`);
    this.addSql(`drop policy "owner" on "api_key";`);
    this.addSql(`drop policy if exists "engine" on "api_key";`);
    this.addSql(`drop policy "owner" on "idempotency_record";`);
    this.addSql(`drop policy if exists "engine" on "idempotency_record";`);
    this.addSql(`drop policy "owner" on "integration_resource";`);
    this.addSql(`drop policy if exists "engine" on "integration_resource";`);
    this.addSql(`drop policy "owner" on "integration_secret";`);
    this.addSql(`drop policy if exists "engine" on "integration_secret";`);
    this.addSql(`drop policy "owner" on "oauth_authorization";`);
    this.addSql(`drop policy if exists "engine" on "oauth_authorization";`);
    this.addSql(`drop policy "owner" on "oauth_connection";`);
    this.addSql(`drop policy if exists "engine" on "oauth_connection";`);
    this.addSql(`drop policy "owner" on "trigger_event";`);
    this.addSql(`drop policy if exists "engine" on "trigger_event";`);
    this.addSql(`drop policy "owner" on "trigger_subscription";`);
    this.addSql(`drop policy if exists "engine" on "trigger_subscription";`);
    this.addSql(`drop policy "owner" on "user";`);
    this.addSql(`drop policy if exists "engine" on "user";`);
    this.addSql(`drop policy "owner" on "workflow";`);
    this.addSql(`drop policy if exists "engine" on "workflow";`);
    this.addSql(`drop policy "owner" on "workflow_draft";`);
    this.addSql(`drop policy if exists "engine" on "workflow_draft";`);
    this.addSql(`drop policy "owner" on "workflow_draft_revision";`);
    this.addSql(`drop policy if exists "engine" on "workflow_draft_revision";`);
    this.addSql(`drop policy "owner" on "workflow_proposal";`);
    this.addSql(`drop policy if exists "engine" on "workflow_proposal";`);
    this.addSql(`drop policy "owner" on "workflow_run";`);
    this.addSql(`drop policy if exists "engine" on "workflow_run";`);
    this.addSql(`drop policy "owner" on "workflow_run_step";`);
    this.addSql(`drop policy if exists "engine" on "workflow_run_step";`);
    this.addSql(`drop policy "owner" on "workflow_version";`);
    this.addSql(`drop policy if exists "engine" on "workflow_version";`);
    this.addSql(`drop policy "owner" on "workflow_watch";`);
    this.addSql(`drop policy if exists "engine" on "workflow_watch";`);
    this.addSql(`alter table "api_key" disable row level security;`);
    this.addSql(`alter table "idempotency_record" disable row level security;`);
    this.addSql(`alter table "integration_resource" disable row level security;`);
    this.addSql(`alter table "integration_secret" disable row level security;`);
    this.addSql(`alter table "oauth_authorization" disable row level security;`);
    this.addSql(`alter table "oauth_connection" disable row level security;`);
    this.addSql(`alter table "trigger_event" disable row level security;`);
    this.addSql(`alter table "trigger_subscription" disable row level security;`);
    this.addSql(`alter table "user" disable row level security;`);
    this.addSql(`alter table "workflow" disable row level security;`);
    this.addSql(`alter table "workflow_draft" disable row level security;`);
    this.addSql(`alter table "workflow_draft_revision" disable row level security;`);
    this.addSql(`alter table "workflow_proposal" disable row level security;`);
    this.addSql(`alter table "workflow_run" disable row level security;`);
    this.addSql(`alter table "workflow_run_step" disable row level security;`);
    this.addSql(`alter table "workflow_version" disable row level security;`);
    this.addSql(`alter table "workflow_watch" disable row level security;`);
  }
}
