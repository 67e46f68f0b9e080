import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { MikroORM } from '@mikro-orm/postgresql';
import { HotReads } from '../src/common/database/hot-reads.js';
import { migrate } from '../src/common/database/migrate.js';
import { ormOptions } from '../src/common/database/orm-options.js';
import { doorsOf } from '../src/common/database/walls/doors.js';
import { rolesOf } from '../src/common/database/walls/roles.js';
import { entities } from '../src/entities.js';
import { GroupCommitter } from '../src/workflows/runs/engine/group-committer.js';
import { startApp, type TestApp } from './support/app.js';
import { connect, createDatabase, query } from './support/database.js';

/** Somebody who may make roles, and has a database of the same name. */
interface Tenant {
  readonly name: string;
  readonly url: string;
}

let admin: pg.Client;
let tenants: Tenant[];
let seer: TestApp | undefined;

beforeEach(async () => {
  admin = await connect(process.env.SEER_TEST_POSTGRES!);
  tenants = [];
  seer = undefined;
});

afterEach(async () => {
  await seer?.close();
  for (const { name } of tenants) await admin.query(`drop database ${name} with (force)`);
  const roles = tenants.flatMap(({ name }) => Object.values(rolesOf(name)));
  // Who gave a role to somebody goes after it.
  for (const name of [...roles, ...tenants.map(({ name }) => name)]) await admin.query(`drop role if exists ${name}`);
  await admin.end();
});

async function makeTenant(attributes = 'createrole'): Promise<Tenant> {
  const name = `tenant_${randomBytes(4).toString('hex')}`;
  const url = new URL(await createDatabase(name));
  await admin.query(`create role ${name} login password 'p' ${attributes}`);
  await admin.query(`alter database ${name} owner to ${name}`);
  const tenant = { name, url: Object.assign(url, { username: name, password: 'p' }).href };
  tenants.push(tenant);
  return tenant;
}

const install = ({ url }: Tenant) => migrate(ormOptions({ url, entities }));

/** What a tenant is answered in somebody else's database, as themselves and in every role that they may take. */
async function tries(attacker: Tenant, victim: Tenant): Promise<string[]> {
  const client = await connect(Object.assign(new URL(attacker.url), { pathname: `/${victim.name}` }).href);
  const taken = await client.query<{ name: string }>(
    `select rolname as name from pg_roles where pg_has_role(current_user, oid, 'SET') and rolname not like 'pg\\_%'`,
  );
  const answers: string[] = [];
  for (const { name } of taken.rows) {
    await client.query(`set role ${name}`);
    for (const table of ['"user"', 'audit_entry', 'encryption_key', 'workflow']) {
      const answer = await client.query(`select from ${table}`).catch(({ message }: Error) => message);
      answers.push(typeof answer === 'string' ? answer.replace(/ for .*/, '') : `${name} reads ${table}`);
    }
    await client.query('reset role');
  }
  await client.end();
  return [...new Set(answers)];
}

const DENIED = ['permission denied'];

describe('installations that share a cluster', () => {
  it('do not read each other’s rows, in any role they can take', async () => {
    const [staging, production] = [await makeTenant(), await makeTenant()];
    for (const tenant of [staging, production]) await install(tenant);
    expect(await tries(staging, production)).toEqual(DENIED);
    expect(await tries(production, staging)).toEqual(DENIED);
    for (const tenant of [staging, production]) {
      const { api, engine } = rolesOf(tenant.name);
      expect(await doorsOf(tenant)).toEqual({ engine: { role: engine }, api: { role: api } });
    }
  });

  it('give no right to roles that somebody else made for them', async () => {
    const [mallory, victim] = [await makeTenant(), await makeTenant()];
    const { api, engine } = rolesOf(victim.name);
    for (const role of [api, engine]) {
      await query(mallory.url, `create role ${role}`);
      await query(mallory.url, `grant ${role} to ${mallory.name}`);
      await query(mallory.url, `grant ${role} to ${victim.name} with admin option`);
    }
    await install(victim);
    expect(await tries(mallory, victim)).toEqual(DENIED);
    expect(await doorsOf(victim)).toEqual({ engine: {}, api: undefined });
  });

  it('of a superuser give no right to roles that somebody else has the password of', async () => {
    const victim = await makeTenant('superuser');
    const { engine } = rolesOf(victim.name);
    await admin.query(`create role ${engine} login password 'p'`);
    await install(victim);
    expect(await tries({ name: engine, url: victim.url.replace(victim.name, engine) }, victim)).toEqual(DENIED);
    expect(await doorsOf(victim)).toEqual({ engine: {}, api: undefined });
  });

  it.each([
    ['those of all databases, from before roles had owners', 'seer_engine'],
    ['those of the owner of the database that this is a copy of', 'seer_engine_other'],
  ])('take the rights of other roles: %s', async (_, role) => {
    const owner = await makeTenant();
    await install(owner);
    // Other databases of this cluster may know it already.
    const { rows: known } = await admin.query('select from pg_roles where rolname = $1', [role]);
    if (known.length === 0) await admin.query(`create role ${role}`);
    const own = rolesOf(owner.name).engine;
    for (const statement of [
      'drop policy engine on "user"',
      `create policy engine on "user" to ${role} using (true)`,
      `grant select on all tables in schema public to ${role}`,
      `grant usage on all sequences in schema public to ${role}`,
      `grant usage on schema pgboss to ${role}`,
      `alter default privileges in schema pgboss grant select on tables to ${role}`,
    ]) {
      await query(owner.url, statement);
    }
    await install(owner);
    const visitor = await makeTenant();
    await admin.query(`grant ${role} to ${visitor.name}`);
    expect(await tries(visitor, owner)).toEqual(DENIED);
    expect(
      await query(
        owner.url,
        `select distinct polroles::regrole[]::text as roles from pg_policy where polname = 'engine'`,
      ),
    ).toEqual([{ roles: `{${own}}` }]);
    expect(await doorsOf(owner)).toMatchObject({ engine: { role: own } });
    // Nothing in this database depends on it any more.
    const depending = await query(
      owner.url,
      `select from pg_shdepend where refobjid = '${role}'::regrole
       and dbid = (select oid from pg_database where datname = current_database())`,
    );
    expect(depending).toEqual([]);
  });
});

describe('roles with logins of their own, as the embedded database has them', () => {
  it('are those of every pool', async () => {
    const owner = await makeTenant();
    await install(owner);
    const { api, engine } = rolesOf(owner.name);
    for (const role of [api, engine]) await query(owner.url, `alter role ${role} login password 'q'`);
    const logins = { engine: { user: engine, password: 'q' }, api: { user: api, password: 'q' } };
    seer = await startApp({}, owner.url, { logins });
    const { app } = seer;
    const text = 'select session_user::text as login';
    const { pool } = app.get(GroupCommitter) as unknown as { pool: pg.Pool };
    expect(await app.get(MikroORM).em.fork().execute<object[]>(text)).toEqual([{ login: engine }]);
    expect(await app.get(HotReads).rows({ name: 'who', text }, [])).toEqual([{ login: engine }]);
    expect((await pool.query(text)).rows).toEqual([{ login: engine }]);
    await seer.admin.get('/v1/workflows');
    expect(await query(owner.url, `select from pg_stat_activity where usename = '${api}'`)).not.toEqual([]);
  });
});
