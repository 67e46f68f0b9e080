import { startApp, type TestApp } from './support/app.js';
import { makeResource, runTool } from './support/resources.js';
import { makeRole, makeShopDatabase, type ShopDatabase } from './support/shop-database.js';

let seer: TestApp;
let shop: ShopDatabase;
let resource: string;
let superuser: string;

beforeAll(async () => {
  [seer, shop] = await Promise.all([startApp(), makeShopDatabase()]);
  await shop.admin.query(`
    create table canary (id int, text text);
    insert into canary values (1, 'alive');
    grant all on canary to public;
    create sequence counter;
    grant all on sequence counter to public;
    create function writes() returns int language plpgsql volatile security definer as
      $$ begin delete from canary; return 1; end $$;
    create function opens() returns int language plpgsql volatile as
      $$ begin set local transaction_read_only = off; delete from canary; return 1; end $$;
    create procedure commits(inout result int) language plpgsql as
      $$ begin commit; delete from canary; end $$;
    create function opens_by_config() returns int language plpgsql volatile as
      $$ begin perform set_config('transaction_read_only', 'off', true); delete from canary; return 1; end $$`);
  resource = await makeShop();
  const mighty = await makeRole(shop.admin, 'superuser');
  superuser = await makeShop({ user: mighty.user }, mighty.password);
});

afterEach(async () => {
  const { rows } = await shop.admin.query('select id, text from canary');
  expect(rows).toEqual([{ id: 1, text: 'alive' }]);
});

afterAll(async () => {
  await seer.close();
  await shop.close();
});

const makeShop = (metadata: object = {}, password = shop.password) =>
  makeResource(seer.admin, 'postgres_database', { ...shop.metadata, ...metadata }, { password });
const query = (sql: string, inputs: object = {}, id = resource) =>
  runTool(seer.admin, 'postgres.query', id, { sql, ...inputs });

describe('a statement that may only read', () => {
  it.each([
    'delete from canary',
    'delete from canary returning *',
    'truncate canary',
    'drop table canary',
    'create table other (id int)',
    'create temp table other as select 1',
    'select * into other from canary',
    'alter table canary add column x int',
    'with gone as (delete from canary returning *) select * from gone',
    'explain analyze delete from canary',
    'select writes()',
    'select opens()',
    'select opens_by_config()',
    'select writes() from generate_series(1, 3)',
    'do $$ begin delete from canary; end $$',
    'do $$ begin set transaction read write; delete from canary; end $$',
    'do $$ begin commit; delete from canary; end $$',
    'call commits(1)',
    'set transaction read write',
    'set session characteristics as transaction read write',
    'set transaction_read_only = off',
    'reset all',
    'discard all',
    "select set_config('transaction_read_only', 'off', true)",
    "select set_config('transaction_read_only', 'off', false)",
    "with off as (select set_config('transaction_read_only', 'off', true)) delete from canary returning *",
    'commit',
    'commit and chain',
    'rollback',
    'end',
    'begin',
    'savepoint a',
    "prepare transaction 'a'",
    'prepare gone as delete from canary',
    'declare c cursor for select 1',
    'lock table canary in access exclusive mode',
    'select * from canary for update',
    'refresh materialized view canary',
    'vacuum canary',
    'cluster',
    'grant all on canary to public',
    "comment on table canary is 'x'",
    'copy canary to stdout',
    'copy canary from stdin',
    'listen x',
    "notify x, 'y'",
    "security label on table canary is 'x'",
    'merge into canary using (values (1)) v(id) on canary.id = v.id when matched then delete',
    "select nextval('counter')",
    "select setval('counter', 5)",
    'select lo_create(0)',
    "select lo_from_bytea(0, 'x')",
  ])('changes nothing: %s', async (sql) => {
    const run = await query(sql);
    expect(run).toMatchObject({ status: 'FAILED' });
    expect(run.error_detail.code).toMatch(/^(read-only|upstream-refused)$/);
  });

  it.each([
    "copy (select 1) to program 'true'",
    "copy canary to '/tmp/seer-canary'",
    "copy canary from program 'echo 2,x'",
    'alter system set work_mem = 1024',
    'create extension dblink',
    "load 'auto_explain'",
  ])('runs nothing on the server, even for a superuser: %s', async (sql) => {
    expect(await query(sql, {}, superuser)).toMatchObject({ error_detail: { code: 'read-only' } });
  });

  it('takes back what PostgreSQL lets a read only transaction do', async () => {
    // Both are allowed in one; the first by its rollback leaves nothing, the second is the session's, which ends.
    const heard: string[] = [];
    shop.admin.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await shop.admin.query('listen x');
    expect((await query(`select pg_notify('x', 'y') is null as done`)).status).toBe('COMPLETED');
    expect((await query('select pg_advisory_lock(42) is null as done')).status).toBe('COMPLETED');
    const { rows } = await shop.admin.query('select pg_try_advisory_lock(42) as free');
    await shop.admin.query('select pg_advisory_unlock(42)');
    expect({ rows, heard }).toEqual({ rows: [{ free: true }], heard: [] });
    expect((await shop.admin.query('select last_value, is_called from counter')).rows).toEqual([
      { last_value: '1', is_called: false },
    ]);
  });
});

describe('several statements', () => {
  it.each([
    'select 1; drop table canary',
    'select 1; delete from canary',
    'commit; drop table canary',
    'rollback; delete from canary',
    'end; begin; delete from canary; commit',
    'set transaction read write; delete from canary',
    "select set_config('transaction_read_only','off',false); delete from canary",
    'select $1::int; delete from canary',
    '/* */ select 1 /* ; */ ; -- \n delete from canary',
    "select ';'; delete from canary",
    'select $$;$$; delete from canary',
  ])('are refused, whatever is allowed: %s', async (sql) => {
    for (const inputs of [{}, { write: true }, { write: true, params: [1] }]) {
      const run = await query(sql, inputs);
      expect(run).toMatchObject({ status: 'FAILED', error_detail: { problem: { sqlstate: '42601' } } });
    }
  });

  it('are refused with a NUL between them', async () => {
    const run = await query('select 1 as a\0; delete from canary', { write: true });
    expect(run.outputs ?? null).toBeNull();
  });
});
