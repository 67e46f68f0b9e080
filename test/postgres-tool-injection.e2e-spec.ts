import pg from 'pg';
import { startApp, type TestApp } from './support/app.js';
import { PAYLOADS } from './support/injections.js';
import { makeResource, runTool } from './support/resources.js';
import { makeRole, makeShopDatabase, type ShopDatabase } from './support/shop-database.js';
import { startTcpServer } from './support/tcp-proxy.js';

let seer: TestApp;
let shop: ShopDatabase;
let resource: string;

beforeAll(async () => {
  [seer, shop] = await Promise.all([startApp(), makeShopDatabase()]);
  await shop.admin.query(`
    create table canary (id int, text text);
    insert into canary values (1, 'alive');
    grant all on canary to public;
    alter role ${shop.metadata.user} set standard_conforming_strings = off;
    alter role ${shop.metadata.user} set backslash_quote = on`);
  resource = await makeShop();
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
