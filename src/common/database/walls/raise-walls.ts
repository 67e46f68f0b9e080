import { type SqlEntityManager } from '@mikro-orm/postgresql';
import { canTake, type Owner, ownerOfTables, rolesOf, trustedRoles, type WallRoles } from './roles.js';

/**
 * Gives the two roles what they may do with the tables of this schema, makes them where that is allowed, and takes the rights of all
 * others. It is done after each migration and changes only what is missing, so that a start does not wait for locks.
 */
export async function raiseWalls(em: SqlEntityManager): Promise<void> {
  const [owner] = await em.execute<Owner[]>(ownerOfTables);
  if (!owner) return;
  const roles = rolesOf(owner.name);
  await em.execute(makeRoles(roles));
  await em.execute(takeRightsOfOthers(owner));
  const trusted = await em.execute<object[]>(trustedRoles(owner));
  if (trusted.length < 2) return;
  await em.execute(grantRights(roles));
  await em.execute(grantJobs(roles));
}

/** Others may make them at the same moment, for another database of the same owner. */
const makeRoles = ({ api, engine }: WallRoles): string => `do $$
declare name text;
begin
  foreach name in array array['${api}', '${engine}'] loop
    begin
      if not exists (select from pg_roles where rolname = name) then execute format('create role %I nologin', name); end if;
      if not ${canTake('name')} then execute format('grant %I to current_user', name); end if;
    exception when insufficient_privilege or duplicate_object or unique_violation then null;
    end;
  end loop;
end $$`;

/**
 * A database that was copied, restored, or given to another owner brings along what roles of its former owner could do, as does one
 * from before roles had owners.
 */
const takeRightsOfOthers = (owner: Owner): string => `do $$
declare
  change text;
  trusted oid[] := array(${trustedRoles(owner)});
begin
  for change in
    with stranger as (select oid, rolname from pg_roles where rolname ~ '^seer_(api|engine)(_|$)' and oid <> all (trusted)),
      space as (select oid, nspname, nspacl from pg_namespace where nspname in ('public', 'pgboss'))
    select format('drop policy %I on public.%I', polname, relname) from pg_policy join pg_class c on c.oid = polrelid
      where polname = 'engine' and polroles && array(select oid from stranger)
    union
    select format('revoke all on %s %I.%I from %I', case relkind when 'S' then 'sequence' else 'table' end, nspname, relname, rolname)
      from pg_class c join space on space.oid = relnamespace, aclexplode(relacl) a join stranger on stranger.oid = grantee
      where pg_has_role(current_user, relowner, 'member')
    union
    select format('revoke all on schema %I from %I', nspname, rolname)
      from space, aclexplode(nspacl) a join stranger on stranger.oid = grantee
    union
    select format('alter default privileges for role %I in schema %I revoke all on tables from %I',
        pg_get_userbyid(defaclrole), nspname, rolname)
      from pg_default_acl join space on space.oid = defaclnamespace, aclexplode(defaclacl) a join stranger on stranger.oid = grantee
      where defaclobjtype = 'r' and pg_has_role(current_user, defaclrole, 'member')
  loop
    execute change;
  end loop;
end $$`;

/** The engine adds jobs in its transactions; pg-boss, which is the owner's, makes its tables when it starts. */
const grantJobs = ({ engine }: WallRoles): string => `do $$
declare engine name := '${engine}';
begin
  create schema if not exists pgboss;
  if has_schema_privilege(engine, 'pgboss', 'usage') then return; end if;
  execute format('grant usage on schema pgboss to %I', engine);
  execute format('grant select, insert, update, delete on all tables in schema pgboss to %I', engine);
  execute format('alter default privileges in schema pgboss grant select, insert, update, delete on tables to %I', engine);
end $$`;

/**
 * Tables with row level security are the users': the role of the API reads and writes its user's rows in them, but does not
 * change who somebody is. Elsewhere it writes to the audit, and sees which processes live.
 */
const grantRights = ({ api, engine }: WallRoles): string => `do $$
declare
  api name := '${api}';
  engine name := '${engine}';
  tab record;
  verbs text;
begin
  execute format('grant usage on schema public to %I, %I', api, engine);
  for tab in
    select c.oid, c.relname, c.relkind, c.relrowsecurity from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'S') and pg_has_role(current_user, c.relowner, 'member')
  loop
    if tab.relkind = 'S' then
      if not has_sequence_privilege(api, tab.oid, 'usage') then
        execute format('grant usage on sequence %I to %I, %I', tab.relname, api, engine);
      end if;
      continue;
    end if;
    verbs := case
      when tab.relname = 'audit_entry' then 'select, insert, delete'
      else 'select, insert, update, delete' end;
    if not has_table_privilege(engine, tab.oid, 'select') then
      execute format('grant %s on %I to %I', verbs, tab.relname, engine);
    end if;
    verbs := case
      when tab.relname = 'audit_entry' then 'insert'
      -- To lock its row takes the right to change something of it.
      when tab.relname = 'user' then 'select, update (email)'
      when tab.relkind = 'v' or tab.relname = 'run_worker' then 'select'
      when tab.relrowsecurity then 'select, insert, update, delete' end;
    if verbs is not null and not has_table_privilege(api, tab.oid, split_part(verbs, ',', 1)) then
      execute format('grant %s on %I to %I', verbs, tab.relname, api);
    end if;
    if tab.relrowsecurity and not exists (select from pg_policy where polrelid = tab.oid and polname = 'engine') then
      execute format('create policy engine on %I to %I using (true) with check (true)', tab.relname, engine);
    end if;
  end loop;
end $$`;
