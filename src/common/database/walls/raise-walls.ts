import { type SqlEntityManager } from '@mikro-orm/postgresql';

/** `seer_api` works for one user at a time and sees only their rows; `seer_engine` does the work of all. Neither owns a table. */
export const roles = { api: 'seer_api', engine: 'seer_engine' } as const;

/**
 * Gives the two roles what they may do with the tables of this schema, and makes them where that is allowed. It is done
 * after each migration and changes only what is missing, so that a start does not wait for locks.
 */
export async function raiseWalls(em: SqlEntityManager): Promise<void> {
  await em.execute(makeRoles);
  await em.execute(grantRights);
  await em.execute(grantJobs);
}

/** Since PostgreSQL 16, to have made a role is to be a member that cannot take it. */
const canTake = (role: string): string =>
  `(case when current_setting('server_version_num')::int < 160000 then pg_has_role(current_user, ${role}, 'MEMBER')
     else pg_has_role(current_user, ${role}, 'SET') end)`;

/** Whether the roles are there, have their rights, and can be taken by whoever is connected. */
export const wallsStand = `
  select count(*) = 2 as stand from pg_roles
  where rolname in ('${roles.api}', '${roles.engine}') and ${canTake('oid')}
    and exists (select from pg_policy where polname = 'engine')`;

/** The engine adds jobs in its transactions; pg-boss, which is the owner's, makes its tables when it starts. */
const grantJobs = `do $$
begin
  if not exists (select from pg_roles where rolname = '${roles.engine}') then return; end if;
  create schema if not exists pgboss;
  if has_schema_privilege('${roles.engine}', 'pgboss', 'usage') then return; end if;
  grant usage on schema pgboss to ${roles.engine};
  grant select, insert, update, delete on all tables in schema pgboss to ${roles.engine};
  alter default privileges in schema pgboss grant select, insert, update, delete on tables to ${roles.engine};
end $$`;

/** Roles belong to the whole cluster: others may make them at the same moment. */
const makeRoles = `do $$
declare name text;
begin
  foreach name in array array['${roles.api}', '${roles.engine}'] loop
    begin
      if not exists (select from pg_roles where rolname = name) then execute format('create role %I nologin', name); end if;
      if not ${canTake('name')} then execute format('grant %I to current_user', name); end if;
    exception when insufficient_privilege or duplicate_object or unique_violation then null;
    end;
  end loop;
end $$`;

/**
 * Tables with row level security are the users': \`seer_api\` reads and writes its user's rows in them, but does not change
 * who somebody is. Elsewhere it writes to the audit, and sees which processes live.
 */
const grantRights = `do $$
declare
  tab record;
  verbs text;
begin
  if (select count(*) from pg_roles where rolname in ('${roles.api}', '${roles.engine}')) < 2 then return; end if;
  execute 'grant usage on schema public to ${roles.api}, ${roles.engine}';
  for tab in
    select c.oid, c.relname, c.relkind, c.relrowsecurity from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'S') and pg_has_role(current_user, c.relowner, 'member')
  loop
    if tab.relkind = 'S' then
      if not has_sequence_privilege('${roles.api}', tab.oid, 'usage') then
        execute format('grant usage on sequence %I to ${roles.api}, ${roles.engine}', tab.relname);
      end if;
      continue;
    end if;
    verbs := case
      when tab.relname = 'audit_entry' then 'select, insert, delete'
      else 'select, insert, update, delete' end;
    if not has_table_privilege('${roles.engine}', tab.oid, 'select') then
      execute format('grant %s on %I to ${roles.engine}', verbs, tab.relname);
    end if;
    verbs := case
      when tab.relname = 'audit_entry' then 'insert'
      -- To lock its row takes the right to change something of it.
      when tab.relname = 'user' then 'select, update (email)'
      when tab.relkind = 'v' or tab.relname = 'run_worker' then 'select'
      when tab.relrowsecurity then 'select, insert, update, delete' end;
    if verbs is not null and not has_table_privilege('${roles.api}', tab.oid, split_part(verbs, ',', 1)) then
      execute format('grant %s on %I to ${roles.api}', verbs, tab.relname);
    end if;
    if tab.relrowsecurity and not exists (select from pg_policy where polrelid = tab.oid and polname = 'engine') then
      execute format('create policy engine on %I to ${roles.engine} using (true) with check (true)', tab.relname);
    end if;
  end loop;
end $$`;
