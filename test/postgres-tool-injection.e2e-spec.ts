import pg from 'pg';
import { startApp, type TestApp } from './support/app.js';
import { makeResource, runTool } from './support/resources.js';
import { makeRole, makeShopDatabase, type ShopDatabase } from './support/shop-database.js';
import { startTcpServer } from './support/tcp-proxy.js';

let seer: TestApp;
let shop: ShopDatabase;
let resource: string;
let superuser: string;

/** Texts that would do something if they were ever a part of a statement. */
const PAYLOADS = [
  `'`,
  `''`,
  `"`,
  '`',
  '\\',
  `\\'`,
  `\\\\'`,
  `\\'; drop table canary; --`,
  `' or '1'='1`,
  `' or 1=1 --`,
  `" or ""="`,
  `') or ('1'='1`,
  `'; drop table canary; --`,
  `'; drop table canary; #`,
  `'; drop table canary /*`,
  `*/ drop table canary; /*`,
  `1; drop table canary`,
  `1); drop table canary; --`,
  `x'); delete from canary; --`,
  `'; commit; drop table canary; begin; --`,
  `'; rollback; delete from canary; --`,
  `' union select text from canary --`,
  `' union all select null, null, null --`,
  `'||(select text from canary)||'`,
  `' || pg_sleep(10) --`,
  `'; select pg_sleep(10); --`,
  `'; copy canary to program 'touch /tmp/x'; --`,
  `'; copy (select 1) to '/tmp/x'; --`,
  `'; do $$ begin delete from canary; end $$; --`,
  `$$; drop table canary; $$`,
  `$tag$; drop table canary; $tag$`,
  `$1`,
  `$2`,
  `$1; drop table canary`,
  `:name`,
  `?`,
  `%s`,
  `%27; drop table canary; --`,
  `&#39;; drop table canary; --`,
  `U&'\\0027'; drop table canary; --`,
  `E'\\x27; drop table canary; --`,
  `\\x27; drop table canary; --`,
  `\\047; drop table canary; --`,
  `ʼ; drop table canary; --`,
  `＇; drop table canary; --`,
  `‘; drop table canary; --’`,
  `′; drop table canary; --`,
  `\u02bc\u0301`,
  `\u00bf'; drop table canary; --`,
  `縗'; drop table canary; --`,
  `\u{1f4a3}'; drop table canary; --`,
  `\u202e'; elbat pord --`,
  `\ufeff'`,
  `\u2028'; drop table canary;\u2029--`,
  `\n'; drop table canary;\n--`,
  `\r\n'; drop table canary;\r\n--`,
  `\t';\tdrop\ttable\tcanary;\t--`,
  `\u0001\u0002\u001b[31m'`,
  `\b'; drop table canary; --`,
  `'::regclass`,
  `pg_catalog.pg_sleep(10)`,
  `(select pg_terminate_backend(pg_backend_pid()))`,
  `null`,
  `NULL`,
  `{1,2}`,
  `{"a":"b'"}`,
  `[1,"'"]`,
  `--`,
  `/*`,
  `;`,
  `;;`,
  '',
  ' ',
  `${'\\'.repeat(1_000)}'`,
  `${"'".repeat(1_001)}; drop table canary; --`,
  `${'x'.repeat(20_000)}'; drop table canary; --`,
];

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
      $$ begin perform set_config('transaction_read_only', 'off', true); delete from canary; return 1; end $$;
    alter role ${shop.metadata.user} set standard_conforming_strings = off;
    alter role ${shop.metadata.user} set backslash_quote = on`);
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

describe('what is given to a statement', () => {
  it('is written down in a corpus of many tricks', () => {
    expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(60);
  });

  it('comes back byte for byte as text, alone and in arrays and JSON, in both modes', async () => {
    const all = PAYLOADS.filter((payload) => payload.length < 2_000);
    for (const write of [false, true]) {
      const sql = 'select $1::text[] as texts, $2::jsonb as json, $3::jsonb[] as many, $4::text as text';
      const json = { list: all, keys: Object.fromEntries(all.map((payload) => [payload, payload])) };
      const params = [all, json, all, JSON.stringify(all)];
      const { outputs } = await query(sql, { params, write });
      expect(outputs.rows).toEqual([{ texts: all, json, many: all, text: JSON.stringify(all) }]);
    }
  });

  it.each(PAYLOADS.map((payload) => [payload.slice(0, 60), payload]))('stays data: %j', async (_shown, payload) => {
    const sql = 'select $1::text as text, $2::jsonb as json, $1 = any($3) as found, length($1) as length';
    const { outputs } = await query(sql, { params: [payload, { [payload]: payload }, [payload]] });
    const expected = { text: payload, json: { [payload]: payload }, found: true, length: [...payload].length };
    expect(outputs.rows).toEqual([expected]);
  });

  it('is refused where a number, a time, a name or an array belongs', async () => {
    const types = [
      'int',
      'numeric',
      'float8',
      'bool',
      'date',
      'timestamptz',
      'interval',
      'uuid',
      'regclass',
      'int[]',
      'inet',
    ];
    for (const payload of [`1; drop table canary`, `' or 1=1 --`, `\\'; drop table canary; --`]) {
      for (const type of types) {
        const run = await query(`select $1::${type} as value`, { params: [payload] });
        expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'upstream-refused' } });
        expect(run.error_detail.problem.sqlstate).toMatch(/^(22|42)/);
      }
      expect(await query('select $1::bytea as value', { params: [payload] })).toMatchObject({
        error_detail: { code: 'input-invalid' },
      });
    }
  });

  it('keeps members with the names of prototypes, and never calls what is given', async () => {
    const object = { constructor: 1, toPostgres: 'x', toString: null, length: 5, then: {} };
    const { outputs } = await query('select $1::jsonb as value', { params: [object] });
    expect(outputs.rows[0].value).toEqual(object);
    const given = await query(`select '{"__proto__": {"admin": true}}'::jsonb as value, 1 as constructor`);
    expect(JSON.stringify(given.outputs.rows)).toBe('[{"value":{"__proto__":{"admin":true}},"constructor":1}]');
    expect(({} as any).admin).toBeUndefined();
  });

  it('may not hold what a text of PostgreSQL can not', async () => {
    for (const params of [['a\0b'], [['a\0b']], [{ a: 'a\0b' }]]) {
      expect(await query('select $1::text as a', { params })).toMatchObject({ status: 400 });
    }
  });

  it('may be many, and never so many that the protocol loses count', async () => {
    const params = Array.from({ length: 10_000 }, (_, index) => index);
    const sql = `select ${params.map((index) => `$${index + 1}::int`).join(' + ')} as sum`;
    const few = params.slice(0, 1_000);
    const sum = `select ${few.map((index) => `$${index + 1}::int`).join(' + ')} as sum`;
    expect((await query(sum, { params: few })).outputs.rows).toEqual([{ sum: 499_500 }]);
    const tooMany = await query(sql, {
      params: [...params, ...params, ...params, ...params, ...params, ...params, ...params],
    });
    expect(tooMany.outputs ?? null).toBeNull();
  });
});

describe('the other inputs', () => {
  const wrong = ['1; drop table canary', '0 or 1=1', `1' --`, -1, 0, 1.5, 1e9, '1', null, [1], { a: 1 }, true];

  it.each(['max_rows', 'timeout_ms'])('take numbers only: %s', async (input) => {
    for (const value of wrong) {
      const literal = await query('select 1 as a', { [input]: value });
      expect(literal.errors?.[0].code ?? literal.code).toBe('tool-input-invalid');
      const spec = { sql: 'select 1 as a', [input]: '${inputs.value}' };
      const node = { id: 'call', type: 'tool', tool: 'postgres.query', resource, inputs: spec };
      const { body } = await seer.admin.post('/v1/runs?mode=sync', {
        spec: { version: '1', nodes: [node] },
        inputs: { value },
      });
      expect(body).toMatchObject({ status: 'FAILED', error_detail: { code: 'input-invalid' } });
    }
  });

  it('take true and false only: write', async () => {
    for (const value of ['true', 'false', 1, 0, null, 'on', [true], { write: true }]) {
      const node = {
        id: 'call',
        type: 'tool',
        tool: 'postgres.query',
        resource,
        inputs: { sql: 'delete from canary', write: '${inputs.value}' },
      };
      const { body } = await seer.admin.post('/v1/runs?mode=sync', {
        spec: { version: '1', nodes: [node] },
        inputs: { value },
      });
      expect(body).toMatchObject({ status: 'FAILED', error_detail: { code: 'input-invalid' } });
    }
  });

  it('have no place for expressions in a statement', async () => {
    for (const sql of ['select ${inputs.x}', '${inputs.x}', 'select 1 -- ${inputs.x}', "select '${'a'}${inputs.x}'"]) {
      const run = await query(sql, { write: true });
      expect(run.errors?.[0].code).toMatch(/tool-input-not-literal|expression-/);
    }
  });
});

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

describe('what a resource says of itself', () => {
  it.each([
    ['host', '/tmp'],
    ['host', '/var/run/postgresql'],
    ['host', '@abstract'],
    ['host', '127.0.0.1/shop'],
    ['host', '127.0.0.1?options=-c%20log_statement%3Dall'],
    ['host', 'host=127.0.0.1 port=1'],
    ['host', '127.0.0.1,10.0.0.1'],
    ['host', 'user:secret@127.0.0.1'],
    ['host', '127.0.0.1\n10.0.0.1'],
    ['host', '127.0.0.1\0'],
    ['host', '127.0.0.1%00'],
    ['host', '[::1'],
    ['host', ''],
    ['host', ' '],
    ['host', '-c'],
    ['host', 'a b'],
    ['database', 'shop\0options\0-c transaction_read_only=off'],
    ['database', 'shop\noptions=x'],
    ['database', ''],
    ['database', 'x'.repeat(64)],
    ['user', 'reporting\0replication\0true'],
    ['user', 'reporting\r\n'],
    ['user', ''],
    ['port', 0],
    ['port', 65_536],
    ['port', '5432'],
    ['port', 1.5],
    ['tls', 'prefer'],
    ['tls', false],
    ['ca', '/etc/ssl/cert.pem'],
    ['ca', 'file:///etc/passwd'],
    ['options', '-c log_statement=all'],
    ['password', 'secret'],
    ['connectionString', 'postgres://127.0.0.1/'],
    ['stream', {}],
    ['ssl', { rejectUnauthorized: false }],
  ])('has no place for tricks in %s: %j', async (field, value) => {
    const metadata = { ...shop.metadata, [field]: value };
    const request = { name: 'Test', resource_type: 'postgres_database', metadata };
    const { status, body } = await seer.admin.post('/v1/integrations/resources', request);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(JSON.stringify(body.errors ?? body)).toMatch(new RegExp(`/metadata|${field}|NUL|character`));
  });

  it.each([
    ['database', 'shop?options=-c%20x'],
    ['database', 'dbname=template1 user=postgres'],
    ['database', '-c log_statement=all'],
    ['database', `x'; drop table canary; --`],
    ['user', `x' or '1'='1`],
    ['user', 'all'],
    ['user', '-c'],
    ['user', 'Ä"\\'],
  ])('is sent as a name and nothing else: %s %j', async (field, value) => {
    const sent: Buffer[] = [];
    const server = await startTcpServer((socket) => {
      socket.on('data', (data) => {
        sent.push(data);
        socket.end();
      });
    });
    try {
      const id = await makeShop({ [field]: value, port: server.port });
      await seer.admin.post(`/v1/integrations/resources/${id}/test`);
      const expected = { ...shop.metadata, [field]: value };
      const texts = Buffer.concat(sent).subarray(8).toString('utf8').split('\0');
      const { user, database } = expected;
      const startup = [
        'user',
        user,
        'database',
        database,
        'application_name',
        'seer',
        'client_encoding',
        'UTF8',
        '',
        '',
      ];
      expect(texts).toEqual(startup);
    } finally {
      await server.close();
    }
  });

  it.each([`'; drop table canary; --`, '\\', `a'b"c\\d`, 'ä\u{1f4a3}', ' x ', '$1', '-c x', 'x'.repeat(500)])(
    'may have any password: %j',
    async (password) => {
      const role = await makeRole(shop.admin);
      await shop.admin.query(`alter role ${role.user} password ${pg.escapeLiteral(password)}`);
      const id = await makeShop({ user: role.user }, password);
      expect((await query('select current_user::text as me', {}, id)).outputs.rows).toEqual([{ me: role.user }]);
      const wrong = await makeShop({ user: role.user }, `${password}x`);
      const failed = await query('select 1 as a', {}, wrong);
      expect(failed).toMatchObject({ error_detail: { problem: { sqlstate: '28P01' } } });
    },
  );
});
