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

/** Asks until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await shop.admin.query('select pg_sleep(0.01)');
}

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
    // Something that does no harm to Seer's own connections.
    process.env.PGOPTIONS = '-c seer.stray=yes';
    try {
      const without = await makeResource(seer.admin, 'postgres_database', shop.metadata);
      const body = await test(without);
      expect(body).toMatchObject({ ok: false });
      const { outputs } = await query(`select current_setting('seer.stray', true) as stray`);
      expect(outputs.rows).toEqual([{ stray: null }]);
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

describe('the tables of a database', () => {
  const browse = (id: string, more = '') =>
    seer.admin.get(`/v1/integrations/postgres/resources/table?resource_id=${id}${more}`);

  it('can be browsed, those that can be read, with their columns', async () => {
    await shop.admin.query(`
      create schema "Odd ""one"; grant usage on schema "Odd ""one" to public;
      create table "Odd ""one"."T'able" (a int); grant select on "Odd ""one"."T'able" to public;
      create table hidden (a int)`);
    const { body } = await browse(resource);
    expect(body.items).toEqual([
      { id: `"Odd ""one"."T'able"`, title: `Odd "one.T'able`, description: 'a integer', url: null },
      {
        id: 'public.item',
        title: 'public.item',
        description: 'id integer, name text, price numeric(10,2), attributes jsonb, tags text[]',
        url: null,
      },
    ]);
    const first = await browse(resource, '&limit=1');
    expect(first.body.items).toHaveLength(1);
    const second = await browse(resource, `&limit=1&cursor=${encodeURIComponent(first.body.next_cursor)}`);
    expect(second.body).toMatchObject({ items: [{ id: 'public.item' }], next_cursor: null });
    expect((await browse(resource, '&query=IC.IT')).body.items).toHaveLength(1);
    expect((await browse(resource, `&query=${encodeURIComponent("'; drop table item; --%_")}`)).body.items).toEqual([]);
  });

  it('are not those of a cursor that somebody made up', async () => {
    for (const cursor of ['x', '[]', '["a"]', '[1,2]', 'null']) {
      const { status, body } = await browse(resource, `&cursor=${encodeURIComponent(cursor)}`);
      expect({ status, code: body.code }).toEqual({ status: 422, code: 'browsing-invalid' });
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
      const left = [...answers];
      // One to each thing that is said to it.
      socket.on('data', () => {
        const answer = left.shift();
        if (answer) socket.write(answer);
        else socket.end();
      });
    });
    try {
      const id = await makeShop({ port: server.port });
      const run = await runTool(seer.admin, 'postgres.query', id, { sql: 'select 1' }, { timeout: '1s' });
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

  it('that sends without an end is left, encrypted or not', async () => {
    const tls = await startTlsPostgres(shop.metadata.port);
    try {
      const encrypted = await makeShop({ port: tls.port, host: 'localhost', tls: 'require', ca: certificates.ca });
      for (const id of [resource, encrypted]) {
        const sql = `select repeat('x', 1000000) as a from generate_series(1, 100) i`;
        const run = await runTool(seer.admin, 'postgres.query', id, { sql });
        expect(run).toMatchObject({ status: 'FAILED', error_detail: { code: 'egress-response-too-large' } });
      }
    } finally {
      await tls.close();
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

  it.each([
    ['copy item from stdin', '57014'],
    ['copy item to stdout', 'COPY TO STDOUT gives no rows'],
  ])('gets no harm from "%s"', async (sql, what) => {
    expect(await query(sql, { write: true })).toMatchObject({ status: 'FAILED', error: expect.stringContaining(what) });
    expect((await query('select count(*) as n from item')).outputs.rows).toEqual([{ n: 2 }]);
  });
});
