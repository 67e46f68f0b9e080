import { type TestApp, startApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { connect } from './support/database.js';
import { makeResource, runTool } from './support/resources.js';
import { makeRole, makeShopDatabase, postgresPort, type ShopDatabase } from './support/shop-database.js';
import { certificates, startTcpServer, startTlsPostgres, startTunnel } from './support/tcp-proxy.js';

let seer: TestApp;
let shop: ShopDatabase;
let resource: string;

beforeAll(async () => {
  [seer, shop] = await Promise.all([startApp(), makeShopDatabase()]);
  resource = await makeShop();
  await shop.admin.query(`
    create table item (id int primary key, name text not null, price numeric(10, 2), attributes jsonb, tags text[]);
    alter table item owner to ${shop.metadata.user};
    insert into item values (1, 'hammer', 12.50, '{"heavy": true}', '{steel,wood}'), (2, 'nail', 0.05, null, null)`);
});

afterAll(async () => {
  await seer.close();
  await shop.close();
});

const makeShop = (metadata: object = {}, password = shop.password, client = seer.admin) =>
  makeResource(client, 'postgres_database', { ...shop.metadata, ...metadata }, { password });
const query = (sql: string, inputs: object = {}, more: object = {}) =>
  runTool(seer.admin, 'postgres.query', resource, { sql, ...inputs }, more);
const test = async (id: string) => (await seer.admin.post(`/v1/integrations/resources/${id}/test`)).body;

/** Backends of the shop's database that work for Seer. */
async function backends(): Promise<string[]> {
  const { rows } = await shop.admin.query<{ query: string }>(
    `select query from pg_stat_activity where datname = $1 and application_name = 'seer'`,
    [shop.metadata.database],
  );
  return rows.map((row) => row.query);
}

/** Asks until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await shop.admin.query('select pg_sleep(0.01)');
}

describe('postgres.query', () => {
  it('gives rows by column, with their types', async () => {
    const { outputs } = await query('select id, name, price, attributes, tags from item where id = $1', {
      params: [1],
    });
    expect(outputs).toEqual({
      rows: [{ id: 1, name: 'hammer', price: '12.50', attributes: { heavy: true }, tags: ['steel', 'wood'] }],
      row_count: 1,
      columns: [
        { name: 'id', type: 'int4' },
        { name: 'name', type: 'text' },
        { name: 'price', type: 'numeric' },
        { name: 'attributes', type: 'jsonb' },
        { name: 'tags', type: 'text[]' },
      ],
      truncated: false,
    });
  });

  it.each([
    ['42::int8', 42],
    ['9007199254740993::int8', '9007199254740993'],
    ['0.1::numeric', '0.1'],
    ['1e400::numeric', '1' + '0'.repeat(400)],
    ["'NaN'::float8", 'NaN'],
    ["'-Infinity'::float4", '-Infinity'],
    ['1.5::float8', 1.5],
    ['0.1::float4', 0.1],
    ['true', true],
    ['null::int', null],
    ["'2026-02-03 04:05:06.789012+02'::timestamptz", '2026-02-03T02:05:06.789012Z'],
    ["'2026-02-03 04:05:06'::timestamptz", '2026-02-03T04:05:06Z'],
    ["'infinity'::timestamptz", 'infinity'],
    ["'2026-02-03 04:05:06'::timestamp", '2026-02-03 04:05:06'],
    ["'2026-02-03'::date", '2026-02-03'],
    ["'04:05:06'::time", '04:05:06'],
    ["'1 day 2 hours'::interval", '1 day 02:00:00'],
    ["'\\xdeadbeef'::bytea", '3q2+7w=='],
    [`'{"a": [1, null]}'::jsonb`, { a: [1, null] }],
    ["'[1]'::json", [1]],
    ['array[1, null, 3]', [1, null, 3]],
    [`array['a,b', '"', '\\', 'NULL', null, '{}', '']`, ['a,b', '"', '\\', 'NULL', null, '{}', '']],
    [
      'array[array[1.5, 2], array[3, 4]]::float8[]',
      [
        [1.5, 2],
        [3, 4],
      ],
    ],
    ["'[0:1]={7,8}'::int[]", [7, 8]],
    ["'{}'::int[]", []],
    [`array['{"a":1}'::jsonb]`, [{ a: 1 }]],
    ["array['2026-02-03 04:05:06+00'::timestamptz]", ['2026-02-03T04:05:06Z']],
    ["'(1,2)'::point", '(1,2)'],
    ["array['(1,1),(0,0)'::box]", '{(1,1),(0,0)}'],
    ['row(1, $$x$$)', '(1,x)'],
    ["'constructor'::name", 'constructor'],
    ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ])('gives %s as %j', async (expression, value) => {
    expect((await query(`select ${expression} as value`)).outputs.rows).toEqual([{ value }]);
  });

  it.each([
    ['$1::int', 7, 7],
    ['$1::text', 'x', 'x'],
    ['$1::text', { a: [1] }, '{"a":[1]}'],
    ['$1::text', [1, 'a'], '[1,"a"]'],
    ['$1::jsonb', [1, { a: null }], [1, { a: null }]],
    ['$1::jsonb', 'text', 'text'],
    ['$1::jsonb', 5, 5],
    ['$1::json', null, null],
    ['$1::int[]', [1, null, 3], [1, null, 3]],
    ['$1::int[]', [[1], [2]], [[1], [2]]],
    ['$1::int[]', '{4,5}', [4, 5]],
    ['$1::text[]', ['a,b', '"', '\\', '', null, 'NULL'], ['a,b', '"', '\\', '', null, 'NULL']],
    ['$1::jsonb[]', [{ a: 1 }, [2], 'x'], [{ a: 1 }, [2], 'x']],
    ['$1::bytea', '3q2+7w==', '3q2+7w=='],
    ['$1::bytea[]', ['3q2+7w==', null], ['3q2+7w==', null]],
    ['$1::bool', false, false],
    ['$1::numeric', 1e21, '1000000000000000000000'],
    ['$1::timestamptz', '2026-02-03T04:05:06Z', '2026-02-03T04:05:06Z'],
    ['2 = any($1)', [1, 2], true],
  ])('binds %s to %j', async (expression, param, value) => {
    const run = await query(`select ${expression} as value`, { params: [param] });
    expect(run).toMatchObject({ status: 'COMPLETED', outputs: { rows: [{ value }] } });
  });

  it('knows enums and their arrays, and columns with unusual names', async () => {
    await shop.admin.query(`create type mood as enum ('sad', 'happy')`);
    const { outputs } = await query(`select 'sad'::mood as one, '{happy,sad}'::mood[] as "__proto__", 1 as "a.b"`);
    expect(outputs.columns).toEqual([
      { name: 'one', type: 'mood' },
      { name: '__proto__', type: 'mood[]' },
      { name: 'a.b', type: 'int4' },
    ]);
    expect(Object.entries(outputs.rows[0])).toEqual([
      ['one', 'sad'],
      ['__proto__', ['happy', 'sad']],
      ['a.b', 1],
    ]);
  });

  it('reads no more rows than it is to give, from a result that has no end', async () => {
    const { outputs } = await query('select generate_series(1, 1000000000) as i', { max_rows: 1_500 });
    expect(outputs).toMatchObject({ row_count: 1_500, truncated: true });
    expect(outputs.rows).toHaveLength(1_500);
    expect((await query('select generate_series(1, 3) i', { max_rows: 3 })).outputs).toMatchObject({
      row_count: 3,
      truncated: false,
    });
  });

  it('refuses columns that would overwrite each other, by name', async () => {
    expect(await query('select 1 as a, 2 as b, 3 as a')).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('called a:'),
      error_detail: { code: 'input-invalid' },
    });
  });

  it('refuses more than one statement, also without parameters', async () => {
    for (const more of [{}, { write: true }, { params: [1] }]) {
      expect(await query('select 1; select 2', more)).toMatchObject({
        error_detail: { code: 'upstream-refused', problem: { sqlstate: '42601' } },
      });
    }
  });

  it('says where a statement is wrong', async () => {
    expect(await query('select * frm item')).toMatchObject({
      error: expect.stringContaining('42601'),
      error_detail: { code: 'upstream-refused', problem: { sqlstate: '42601', position: 10 } },
    });
    expect(await query('select * from nothing')).toMatchObject({
      error_detail: { problem: { sqlstate: '42P01', message: expect.stringContaining('nothing') } },
    });
  });

  it('counts the parameters', async () => {
    for (const params of [[], [1], [1, 2, 3]]) {
      expect(await query('select $1::int + $2::int as sum', { params })).toMatchObject({
        error: expect.stringContaining(`has 2 parameters ($1 …), "params" has ${params.length}`),
        error_detail: { code: 'input-invalid' },
      });
    }
  });

  it('takes no expression in its statement: data cannot become code', async () => {
    const run = await query("select '${inputs.x}' as x");
    expect(run).toMatchObject({ errors: [{ code: 'tool-input-not-literal' }] });
  });
});

describe('writing with postgres.query', () => {
  beforeEach(() =>
    shop.admin.query(
      'create table if not exists log (id int unique deferrable initially deferred, text text); truncate log; grant all on log to public',
    ),
  );

  it('happens when it is allowed, and says how many rows', async () => {
    const sql = 'insert into log select i, $1 from generate_series(1, 3) i';
    expect((await query(sql, { params: ['x'], write: true })).outputs).toEqual({
      rows: [],
      row_count: 3,
      columns: [],
      truncated: false,
    });
    const returning = await query('update log set text = $1 where id > 1 returning id', { params: ['y'], write: true });
    expect(returning.outputs).toMatchObject({ row_count: 2, rows: [{ id: 2 }, { id: 3 }] });
    const { rows } = await shop.admin.query('select text from log order by id');
    expect(rows).toEqual([{ text: 'x' }, { text: 'y' }, { text: 'y' }]);
  });

  it('is complete although not all rows that it returns are taken', async () => {
    const sql = 'insert into log select i from generate_series(1, 50) i returning id';
    expect((await query(sql, { write: true, max_rows: 10 })).outputs).toMatchObject({ row_count: 10, truncated: true });
    expect((await shop.admin.query('select * from log')).rowCount).toBe(50);
  });

  it('fails with what the commit says', async () => {
    expect(await query('insert into log values (1), (1)', { write: true })).toMatchObject({
      status: 'FAILED',
      error_detail: { problem: { sqlstate: '23505', constraint: 'log_id_key' } },
    });
    expect((await shop.admin.query('select * from log')).rowCount).toBe(0);
  });

  it('is refused otherwise, with what to do', async () => {
    expect(await query('insert into log values (1) returning id')).toMatchObject({
      status: 'FAILED',
      error: expect.stringContaining('"write" is true'),
      error_detail: { code: 'read-only', problem: { sqlstate: '25006' } },
    });
    expect(await query('insert into log values (1)')).toMatchObject({ error_detail: { code: 'read-only' } });
  });
});

describe('the time of postgres.query', () => {
  it('ends a statement that takes too long', async () => {
    expect(await query('select pg_sleep(60)::text', { timeout_ms: 50 })).toMatchObject({
      status: 'FAILED',
      error_detail: { code: 'node-timeout', problem: { sqlstate: '57014' } },
    });
    expect(await backends()).toEqual([]);
  });

  it("is over with the node's, on the server too", async () => {
    const run = await query('select pg_sleep(61)::text', {}, { timeout: '300ms' });
    expect(run).toMatchObject({ error_detail: { code: 'node-timeout' } });
    await until(async () => (await backends()).length === 0);
  });

  it('is over when the run is cancelled, on the server too', async () => {
    const spec = {
      version: '1',
      nodes: [
        { id: 'a', type: 'tool', tool: 'postgres.query', resource, inputs: { sql: 'select pg_sleep(62)::text' } },
      ],
    };
    const { body: run } = await seer.admin.post('/v1/runs', { spec });
    await until(async () => (await backends()).some((sql) => sql.includes('pg_sleep(62)')));
    await seer.admin.post(`/v1/runs/${run.run_id}/cancel`);
    await until(async () => (await backends()).length === 0);
  });

  it('does not wait for a lock for ever', async () => {
    const other = await connect(seer.databaseUrl.replace(/\/[^/?]*(\?|$)/, `/${shop.metadata.database}$1`));
    await shop.admin.query('begin; lock table item');
    try {
      expect(await query('select * from item', { timeout_ms: 100 })).toMatchObject({ status: 'FAILED' });
    } finally {
      await shop.admin.query('rollback');
      await other.end();
    }
  });
});

describe('a resource postgres_database', () => {
  it('says what it found when it is tested', async () => {
    expect(await test(resource)).toMatchObject({
      ok: true,
      code: null,
      message: expect.stringMatching(
        new RegExp(
          `^PostgreSQL 18\\..*, database ${shop.metadata.database}, as ${shop.metadata.user}; \\d+ tables can be read\\.$`,
        ),
      ),
    });
  });

  it('says what is wrong with it: the password, the database, the port', async () => {
    expect(await test(await makeShop({}, 'wrong'))).toMatchObject({
      ok: false,
      code: 'upstream-refused',
      message: expect.stringContaining('28P01'),
    });
    expect(await test(await makeShop({ database: 'nowhere' }))).toMatchObject({
      ok: false,
      message: expect.stringContaining('3D000'),
    });
    const closed = await startTunnel(1);
    await closed.close();
    expect(await test(await makeShop({ port: closed.port }))).toMatchObject({
      ok: false,
      code: 'egress-connection-failed',
    });
    expect(await test(await makeShop({ host: '10.0.0.1' }))).toMatchObject({ ok: false, code: 'egress-denied' });
    expect(await test(await makeShop({ tls: 'require' }))).toMatchObject({
      ok: false,
      code: 'upstream-refused',
      message: expect.stringContaining('does not encrypt'),
    });
  });

  it('never shows its password, and sends none that it was not given', async () => {
    process.env.PGPASSWORD = shop.password;
    process.env.PGOPTIONS = '-c statement_timeout=1';
    try {
      const without = await makeResource(seer.admin, 'postgres_database', shop.metadata);
      const body = await test(without);
      expect(body).toMatchObject({ ok: false });
      expect((await query('select pg_sleep(0.05)::text as slept')).status).toBe('COMPLETED');
    } finally {
      delete process.env.PGPASSWORD;
      delete process.env.PGOPTIONS;
    }
    const run = await query('select $1::text as echo', { params: [shop.password] });
    expect(run.outputs.rows).toEqual([{ echo: '[secret]' }]);
  });

  it.each([{ port: 5433 }, { host: 'example.com' }, { tls: 'insecure' }, { tls: 'require' }, { ca: certificates.ca }])(
    'does not take its password to %j',
    async (change) => {
      const metadata = { ...shop.metadata, ...change };
      const { status, body } = await seer.admin.patch(`/v1/integrations/resources/${resource}`, { metadata });
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'secrets-bound' });
    },
  );

  it("of another user is as unknown as one that isn't there", async () => {
    const stranger = seer.stranger.as((await makeCaller(seer.app)).token);
    const ids = [resource, 'res_00000000-0000-7000-8000-000000000000'];
    const [foreign, unknown] = await Promise.all(
      ids.map((id) => runTool(stranger, 'postgres.query', id, { sql: 'select 1 as a' })),
    );
    const shape = (run: any, id: string) => JSON.stringify(run.errors ?? run.error_detail).replaceAll(id, 'res_x');
    expect(shape(foreign, ids[0]!)).toBe(shape(unknown, ids[1]!));
    expect(shape(foreign, ids[0]!)).toContain('resource-not-found');
  });

  it('is encrypted by a server whose certificate and name it verifies', async () => {
    const tls = await startTlsPostgres(shop.metadata.port);
    const at = (more: object) => makeShop({ port: tls.port, host: 'localhost', tls: 'require', ...more });
    try {
      expect(await test(await at({ ca: certificates.ca }))).toMatchObject({ ok: true });
      const sent = Buffer.concat(tls.received).toString('latin1');
      expect(sent).not.toContain(shop.metadata.user);
      expect(await test(await at({}))).toMatchObject({ ok: false, code: 'egress-connection-failed' });
      const otherName = await at({ ca: certificates.ca, host: '127.0.0.1' });
      expect(await test(otherName)).toMatchObject({ ok: false, message: expect.stringContaining('IP') });
      expect(await test(await at({ tls: 'insecure', host: '127.0.0.1' }))).toMatchObject({ ok: true });
    } finally {
      await tls.close();
    }
  });
});

describe("Seer's own database", () => {
  let tunnel: Awaited<ReturnType<typeof startTunnel>>;
  let own: Awaited<ReturnType<typeof connect>>;

  beforeAll(async () => {
    own = await connect(seer.databaseUrl);
    tunnel = await startTunnel(await postgresPort(own));
  });
  afterAll(async () => {
    await own.end();
    await tunnel.close();
  });

  const refused = { ok: false, code: 'database-is-own' };
  const ownAs = async ({ user, password }: { user: string; password: string }, at: object = {}) => {
    const database = new URL(seer.databaseUrl).pathname.slice(1);
    return makeShop({ port: tunnel.port, database, user, ...at }, password);
  };

  it('is refused by its address', async () => {
    const { user, password } = await makeRole(own);
    const { port } = shop.metadata;
    expect(await test(await ownAs({ user, password }, { port }))).toMatchObject(refused);
  });

  it('is refused through a tunnel, whoever signs in', async () => {
    const url = new URL(seer.databaseUrl);
    const superuser = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    expect(await test(await ownAs(superuser))).toMatchObject(refused);
    const role = await makeRole(own);
    const id = await ownAs(role);
    expect(await test(id)).toMatchObject(refused);
    expect(await runTool(seer.admin, 'postgres.query', id, { sql: 'select * from "user"' })).toMatchObject({
      error_detail: { code: 'database-is-own' },
    });
  });

  it('is refused when the role may not read what the cluster is called', async () => {
    const role = await makeRole(own);
    await own.query('revoke execute on function pg_control_system() from public');
    try {
      expect(await test(await ownAs(role))).toMatchObject(refused);
    } finally {
      await own.query('grant execute on function pg_control_system() to public');
    }
  });

  it('is not taken for another one of the same server', async () => {
    expect(await test(await makeShop({ port: tunnel.port }))).toMatchObject({ ok: true });
  });
});

describe('a server that does not behave', () => {
  const message = (type: string, body: Buffer | string = '') => {
    const bytes = Buffer.from(body as string);
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(bytes.length + 4, 1);
    return Buffer.concat([head, bytes]);
  };
  const ready = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', 'I')]);

  it.each([
    ['rows that nobody asked for', [ready, message('D', Buffer.from([0, 1, 0, 0, 0, 1, 65]))]],
    ['a row that is cut off', [ready, message('D', Buffer.from([0, 9, 0, 0]))]],
    ['the answer to a COPY', [ready, message('G', Buffer.from([0, 0, 0])), message('d', 'x')]],
    ['no PostgreSQL at all', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(100))]],
    ['an end at once', []],
    ['a sign-in that ends in the middle', [message('R', Buffer.from('\0\0\0\x0aSCRAM-SHA-256\0\0', 'latin1'))]],
  ])('ends the run and nothing else: %s', async (_what, answers) => {
    const server = await startTcpServer((socket) => {
      socket.once('data', () => {
        for (const answer of answers) socket.write(answer);
        if (answers.length < 2) socket.end();
      });
    });
    try {
      const id = await makeShop({ port: server.port });
      const run = await runTool(seer.admin, 'postgres.query', id, { sql: 'select 1', timeout_ms: 100 });
      expect(run).toMatchObject({ status: 'FAILED' });
      expect(run.error_detail.code).toMatch(/^(upstream|egress|node)-/);
      expect((await query('select 1 as a')).status).toBe('COMPLETED');
    } finally {
      await server.close();
    }
  });

  it('that never says a word is waited for no longer than the node may take', async () => {
    const server = await startTcpServer(() => {});
    try {
      for (const tls of ['disable', 'insecure']) {
        const id = await makeShop({ port: server.port, tls });
        const run = await runTool(seer.admin, 'postgres.query', id, { sql: 'select 1' }, { timeout: '100ms' });
        expect(run).toMatchObject({ error_detail: { code: 'node-timeout' } });
      }
      await until(async () => server.open() === 0);
    } finally {
      await server.close();
    }
  });

  it('says more than is allowed before it is encrypted, and is left', async () => {
    const server = await startTcpServer((socket) => socket.once('data', () => socket.write('SE')));
    try {
      const body = await test(await makeShop({ port: server.port, tls: 'insecure' }));
      expect(body).toMatchObject({ ok: false, code: 'upstream-error' });
    } finally {
      await server.close();
    }
  });

  it.each(['copy item from stdin', 'copy item to stdout'])('gets no harm from "%s"', async (sql) => {
    expect(await query(sql, { write: true })).toMatchObject({ status: 'FAILED' });
    expect((await query('select count(*) as n from item')).outputs.rows).toEqual([{ n: 2 }]);
  });
});
