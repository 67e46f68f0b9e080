import pg from 'pg';
import { type JsonObject } from '../../src/common/json.js';
import { EventReader } from './events.js';
import { specOf } from './factories.js';
import { callMcp, type McpParrot, mcpForModels, startMcpParrot } from './mcp-parrot.js';
import { type MailServer, startMailServer } from './mail-server.js';
import { type ModelReply, type ModelServer, startModelServer } from './model-server.js';
import { makeResource } from './resources.js';
import { type SecretsWorld } from './secrets-world.js';
import { makeShopDatabase, type ShopDatabase } from './shop-database.js';
import { startTcpServer, type TcpServer } from './tcp-proxy.js';

/** Parrots that speak something else than plain HTTP. */
export interface OtherParrots {
  queries(): Promise<void>;
  mails(): Promise<void>;
  models(): Promise<void>;
  servers(): Promise<void>;
  close(): Promise<void>;
}

export async function parrotsOfOtherProtocols(world: SecretsWorld): Promise<OtherParrots> {
  const shop = await makeShopDatabase();
  const liar = await startTcpServer(repeatPassword);
  const mail = await startMailParrot();
  const models = await startModelServer('');
  const mcp = await startMcpParrot();
  return {
    queries: () => query(world, shop, liar),
    mails: () => sendMails(world, mail),
    models: () => askModels(world, models, mcp),
    servers: () => callMcp(world, mcp),
    close: async () => {
      await Promise.all([shop.close(), liar.close(), mail.close(), models.close(), mcp.close()]);
    },
  };
}

const found = `select secret, array[secret, secret] as list, row(secret, 1) as both, to_jsonb(secret) as json,
  convert_to(secret, 'UTF8') as bytes, convert_to('a' || secret, 'UTF8') as more, jsonb_build_object(secret, secret) as keys,
  quote_literal(secret) as quoted from whisper`;

/** Statements with which a database says a secret of its own, that is also the password of the role. */
const statements: Record<string, JsonObject> = {
  rows: { sql: found },
  'a name': { sql: 'select * from named' },
  'a message': { sql: `select shout('P0001')` },
  'a failure that passes': { sql: `select shout('40001')` },
  'a timeout': { sql: `select shout('57014')` },
  'a wrong value': { sql: 'select secret::int from whisper' },
  'a wrong parameter': { sql: 'select $1::int', params: ['x'] },
  'a value that is there': { sql: 'insert into whisper select secret from whisper', write: true },
  'a number': { sql: 'select 1::int8 + number - 1 as number from whisper' },
};

async function query(world: SecretsWorld, shop: ShopDatabase, liar: TcpServer): Promise<void> {
  const nodes: object[] = [];
  for (const [what, inputs] of Object.entries(statements)) {
    const kind = what === 'a number' ? 'digits' : what === 'a name' ? 'plain' : 'wild';
    const metadata = { ...shop.metadata, user: `canary_${nodes.length}_${process.pid}` };
    const password = world.canaries.make(kind);
    await whisper(shop.admin, metadata.user, password);
    const resource = await makeResource(world.client, 'postgres_database', metadata, { password });
    await world.client.post(`/v1/integrations/resources/${resource}/test`);
    await world.client.get(`/v1/integrations/postgres/resources/table?resource_id=${resource}`);
    nodes.push(nodeOf(nodes.length, 'postgres.query', resource, inputs));
  }
  for (const user of ['says', 'babbles', 'leaves']) {
    const metadata = { ...shop.metadata, user, port: liar.port };
    const secrets = { password: world.canaries.make('quoted') };
    const resource = await makeResource(world.client, 'postgres_database', metadata, secrets);
    await world.client.post(`/v1/integrations/resources/${resource}/test`);
    nodes.push(nodeOf(nodes.length, 'postgres.query', resource, { sql: 'select 1' }));
  }
  expect((await world.run(specOf(nodes))).status).toBe('COMPLETED');
}

/** A role that finds its password in tables of a schema of its own. */
async function whisper(admin: pg.Client, user: string, password: string): Promise<void> {
  const literal = pg.escapeLiteral(password);
  await admin.query(`
    create role ${user} login password ${literal};
    create schema ${user} authorization ${user};
    create table ${user}.whisper as select ${literal}::text as secret, ${/^\d+$/.test(password) ? password : 0}::int8 as number;
    alter table ${user}.whisper add unique (secret);
    create table ${user}.named as select 1 as ${pg.escapeIdentifier(password.slice(0, 60))};
    create function ${user}.shout(state text) returns int language plpgsql as $$
      declare said text := (select secret from ${user}.whisper limit 1);
      begin
        raise notice '%', said;
        raise exception using message = said, detail = said, hint = 'a ' || said, constraint = said, errcode = state;
      end $$;
    grant usage on schema ${user} to ${user};
    grant all on all tables in schema ${user} to ${user};`);
}

/** Speaks PostgreSQL's protocol just far enough to be told the password in the clear. */
const repeatPassword: Parameters<typeof startTcpServer>[0] = (socket) => {
  let user = '';
  socket.on('data', (data: Buffer) => {
    if (data[0] !== 0x70) {
      user = /user\0([a-z]+)/.exec(data.toString())?.[1] ?? '';
      // AuthenticationCleartextPassword.
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      return;
    }
    const password = data.toString('utf8', 5, data.length - 1);
    if (user === 'leaves') return void socket.destroy();
    const fields = ['SFATAL', 'C28P01', `M${password}`, `D${password}`, `H${password}`].map((text) => `${text}\0`);
    const body = Buffer.from(user === 'says' ? `${fields.join('')}\0` : `${password}\0${password}`);
    const head = Buffer.alloc(5);
    head.write(user === 'says' ? 'E' : 'S');
    head.writeInt32BE(body.length + 4, 1);
    socket.end(Buffer.concat([head, body, Buffer.from(password)]));
  });
};

function nodeOf(index: number, tool: string, resource: string, inputs: JsonObject): object {
  const retry = { max_attempts: 2, initial_interval: '1ms' };
  return { id: `call_${index}`, type: 'tool', tool, resource, inputs, retry, on_error: 'continue' };
}

/** Where a mail server says no; the user's name tells. */
const stages = ['auth', 'auth454', 'from', 'rcpt', 'some', 'data', 'done'];

/** A mail server that repeats the password in whatever it says. */
function startMailParrot(): Promise<MailServer> {
  const refuse = (text: string, code: number) => Object.assign(new Error(text), { responseCode: code });
  const sayings = (user: unknown) => {
    const [stage, password] = JSON.parse(user as string) as [string, string];
    const bytes = Buffer.from(password);
    return { stage, said: `${password} ${bytes.toString('base64')} ${encodeURIComponent(password)}` };
  };
  return startMailServer({
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, done) {
      const user = JSON.stringify([username, password]);
      if (username?.startsWith('auth')) done(refuse(sayings(user).said, Number(username.slice(4) || 535)));
      else done(null, { user });
    },
    onMailFrom(_address, { user }, done) {
      const { stage, said } = sayings(user);
      done(stage === 'from' ? refuse(said, 550) : null);
    },
    onRcptTo({ address }, { user }, done) {
      const { stage, said } = sayings(user);
      const isNo = stage === 'rcpt' || (stage === 'some' && address.startsWith('bob'));
      done(isNo ? refuse(said, 550) : null);
    },
    onData(stream, { user }, done) {
      const { stage, said } = sayings(user);
      stream.resume().on('end', () => done(stage === 'data' ? refuse(said, 451) : null, said));
    },
  });
}

async function sendMails(world: SecretsWorld, { port }: MailServer): Promise<void> {
  const nodes: object[] = [];
  for (const kind of ['plain', 'quoted', 'wild'] as const) {
    for (const username of stages) {
      const metadata = { host: '127.0.0.1', port, tls: 'disable', username, from: 'shop@example.com' };
      const secrets = { password: world.canaries.make(kind) };
      const resource = await makeResource(world.client, 'smtp_server', metadata, secrets);
      await world.client.post(`/v1/integrations/resources/${resource}/test`);
      const inputs = { to: ['ada@example.com', 'bob@example.com'], subject: 'Hello', text: 'Hello' };
      nodes.push(nodeOf(nodes.length, 'email.send', resource, inputs));
    }
  }
  const run = await world.run(specOf(nodes), 'async');
  expect(run.status).toBe('COMPLETED');
  const { body } = await world.client.get(`/v1/runs/${run.run_id}/steps?limit=100`);
  expect(new Set(body.items.map(({ status }: any) => status))).toEqual(new Set(['COMPLETED', 'FAILED']));
}

const events = { 'content-type': 'text/event-stream' };

/** What models say that have heard a key, round by round. */
const replies: Record<string, (key: string) => ModelReply[]> = {
  'letter by letter': (key) => [
    { pieces: [...`It is ${key}, or ${key}${Buffer.from(`ab${key}`).toString('base64')}.`] },
  ],
  'in two pieces': (key) => [{ pieces: [`It is ${key.slice(0, 9)}`, `${key.slice(9)}!`] }],
  'as arguments': (key) => [{ calls: [{ name: 'call', arguments: { body: { [key]: key } } }] }, { text: key }],
  'to another server': (key) => [{ calls: [{ name: 'says', arguments: { [key]: key } }] }, { text: key }],
  'as broken arguments': (key) => [{ calls: [{ name: 'call', arguments: `{"body": "${key}` }] }, { text: key }],
  'as a name': (key) => [{ calls: [{ name: key, arguments: {} }] }, { text: key }],
  'with 401': (key) => [{ status: 401, body: JSON.stringify({ error: { message: `Incorrect API key: ${key}` } }) }],
  'with 429': (key) => [{ status: 429, headers: { 'retry-after': '0', 'x-said': encodeURI(key) }, body: key }],
  'with 500': (key) => [{ status: 500, body: `<html>${key}</html>` }],
  'where it is cut': (key) => [{ status: 400, body: JSON.stringify({ error: { message: 'x'.repeat(285) + key } }) }],
  'in a page': (key) => [{ status: 200, body: `<html>${key}</html>` }],
  'in broken JSON': (key) => [{ status: 200, headers: events, body: `data: {"choices": "${key}\n\n` }],
  'in an error of the stream': (key) => [
    {
      status: 200,
      headers: events,
      body: `event: error\ndata: ${JSON.stringify({ error: { message: key, type: key } })}\n\n`,
    },
  ],
  'in events of another shape': (key) => [
    { status: 200, headers: events, body: `data: ${JSON.stringify({ [key]: key })}\n\n` },
  ],
  'before it breaks off': (key) => [{ pieces: [key, key, key], breakAfter: 3 }],
};

async function askModels(world: SecretsWorld, server: ModelServer, mcp: McpParrot): Promise<void> {
  const more = await mcpForModels(world, mcp);
  const sayings = new Map<string, ModelReply[]>();
  server.reply(({ headers }) => {
    const key = headers.authorization?.replace('Bearer ', '') ?? String(headers['x-api-key']);
    const known = sayings.get(key) ?? [{ text: key }];
    return known.length > 1 ? known.shift()! : known[0]!;
  });
  for (const [type, path] of [
    ['openai_compatible', '/v1'],
    ['anthropic', ''],
  ] as const) {
    for (const [index, reply] of Object.values(replies).entries()) {
      const key = world.canaries.makeToken();
      sayings.set(key, reply(key));
      const resource = await makeResource(world.client, type, { base_url: server.url + path }, { api_key: key });
      const run = await world.client.post('/v1/runs', { spec: specOf([questionOf(world, resource, index, more)]) });
      await world.lookAt(run.body.run_id);
    }
    await watch(world, type, server.url + path, sayings);
    await listModels(world, type);
    await giveBadKeys(world, type, server.url + path);
  }
}

/** With a tool, with a schema, or with nothing but a question. */
function questionOf(world: SecretsWorld, resource: string, index: number, mcp: object): object {
  const tool = { tool: 'http.request', name: 'call', inputs: { url: `${world.parrot.url}/nobody`, method: 'POST' } };
  const more = index % 3 === 1 ? { output_schema: { type: 'object' } } : {};
  return { id: 'ask', type: 'llm', model: 'tiny', resource, prompt: 'What is the key?', tools: [tool, mcp], ...more };
}

/** What a model says is heard while it says it. */
async function watch(
  { client, canaries }: SecretsWorld,
  type: string,
  base_url: string,
  sayings: Map<string, ModelReply[]>,
): Promise<void> {
  const api_key = canaries.makeToken();
  const heard = Promise.withResolvers<void>();
  const pieces = [...`It is ${api_key}, or ${Buffer.from(api_key).toString('base64')}; indeed ${api_key}`];
  sayings.set(api_key, [{ pieces, before: heard.promise }]);
  const resource = await makeResource(client, type, { base_url }, { api_key });
  const spec = specOf([{ id: 'ask', type: 'llm', model: 'tiny', resource, prompt: 'What is the key?' }]);
  const { body: run } = await client.post('/v1/runs', { spec });
  const events = await EventReader.open(client, `/v1/runs/${run.run_id}/events`);
  await events.next();
  heard.resolve();
  const deltas = (await events.until()).filter(({ event }) => event === 'delta');
  expect(deltas.length).toBeGreaterThan(0);
  expect(deltas.map(({ data }) => data.text).join('')).toMatch(/^It is \[secret\], or \[secret\]/);
}

/** Lists of models whose names are what was heard. */
async function listModels(world: SecretsWorld, type: string): Promise<void> {
  for (const status of [200, 400, 503]) {
    const api_key = world.canaries.makeToken();
    world.parrot.on(api_key, ({ all }) => ({ status, body: { data: [{ id: all }], error: { message: all } } }));
    const resource = await makeResource(world.client, type, { base_url: world.parrot.url }, { api_key });
    await world.client.post(`/v1/integrations/resources/${resource}/test`);
    const provider = type === 'anthropic' ? 'anthropic' : 'openai';
    await world.client.get(`/v1/integrations/${provider}/resources/model?resource_id=${resource}`);
  }
}

/** Keys that no header takes, and one that was copied with the end of its line. */
async function giveBadKeys(world: SecretsWorld, type: string, base_url: string): Promise<void> {
  for (const bad of ['\nx', '€', '\n', '\x01']) {
    const key = world.canaries.make();
    const resource = await makeResource(world.client, type, { base_url }, { api_key: key + bad });
    await world.run(specOf([{ id: 'ask', type: 'llm', model: 'tiny', resource, prompt: 'What is it?' }]));
    await world.client.post(`/v1/integrations/resources/${resource}/test`);
  }
}
