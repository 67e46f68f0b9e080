import { createHash } from 'node:crypto';

/** The two roles of an installation: `api` works for one user at a time and sees only their rows, `engine` does the work of all. */
export interface WallRoles {
  readonly api: string;
  readonly engine: string;
}

/**
 * Names of the roles. Roles belong to the whole cluster, rights to those who may take them: so each owner of tables has two of its own,
 * which nobody else may take (`trusted`). They are the same for all its databases, as it reads all of them anyway, and copies,
 * renames and dumps of a database need no other ones.
 */
export function rolesOf(owner: string): WallRoles {
  // Names of roles have at most 63 bytes; these stand in statements, and are typed by operators.
  const whose = /^[\w-]{1,40}$/.test(owner) ? owner : createHash('sha256').update(owner).digest('hex').slice(0, 32);
  return { api: `seer_api_${whose}`, engine: `seer_engine_${whose}` };
}

/** Who owns the tables; no row before the first migration. */
export const ownerOfTables = `
  select relowner::text as id, pg_get_userbyid(relowner)::text as name from pg_class where oid = to_regclass('public.workflow')`;

/** A row of {@link ownerOfTables}. */
export interface Owner {
  readonly id: string;
  readonly name: string;
}

/** Since PostgreSQL 16, to have made a role is to be a member that cannot take it. @param role expression with its name or oid */
export const canTake = (role: string): string =>
  `(case when current_setting('server_version_num')::int < 160000 then pg_has_role(current_user, ${role}, 'MEMBER')
     else pg_has_role(current_user, ${role}, 'SET') end)`;

/**
 * Whether a role `r` of `pg_roles` gives nothing to anybody who does not have it already: its members are members of the owner. Somebody
 * else may have made a role of that name, and be a member of it, or log in as it: a superuser can take that one, too.
 */
const trusted = ({ id }: Owner): string => `(
  not r.rolsuper and not r.rolbypassrls
  and not (r.rolcanlogin and exists (select from pg_roles where oid = ${id} and rolsuper))
  and not exists (select from pg_auth_members m where m.roleid = r.oid and not pg_has_role(m.member, ${id}::oid, 'MEMBER')))`;

/** The oids of those of the two roles that may have rights. */
export function trustedRoles(owner: Owner): string {
  const { api, engine } = rolesOf(owner.name);
  return `select r.oid from pg_roles r where r.rolname in ('${api}', '${engine}') and ${trusted(owner)}`;
}

/** Whether the roles are there, have their rights, and can be taken by whoever is connected: one row with `stand`. */
export function wallsStand(owner: Owner): string {
  const { engine } = rolesOf(owner.name);
  return `
    select count(*) filter (where ${canTake('oid')}) = 2
      and exists (select from pg_policy where polname = 'engine' and polroles = array[to_regrole('"${engine}"')::oid]) as stand
    from (${trustedRoles(owner)}) mine`;
}
