import { Migration } from '@mikro-orm/migrations';

/**
 * The roles of the walls were `seer_api` and `seer_engine` for all databases of a cluster; now each owner has its own. What is raised
 * after migrations takes the rights of the old ones and makes the policies anew (walls/raise-walls.ts).
 */
export class Migration20261130000200_roles_of_one_owner extends Migration {
  override name = 'Migration20261130000200_roles_of_one_owner';

  override up(): void | Promise<void> {
    this.addSql(dropEnginePolicies);
  }

  override down(): void | Promise<void> {
    this.addSql(dropEnginePolicies);
  }
}

const dropEnginePolicies = `do $$
declare tab text;
begin
  for tab in select polrelid::regclass::text from pg_policy where polname = 'engine' loop
    execute format('drop policy engine on %s', tab);
  end loop;
end $$;`;
