// Everything that examples/order-report.json works with, on this machine and without the internet:
// a PostgreSQL database, an HTTP API that wants a key, a mail server, an MCP server, and a language model that is none.
// `npm run playground` starts them and writes what Seer must know of each into `.playground/`, ready for curl.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { McpServer } from '@modelcontextprotocol/server';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';
import { startEmbeddedPostgres } from '../dist/src/common/database/embedded-postgres.js';

const directory = process.env.PLAYGROUND_DIR ?? '.playground';
const key = 'playground-key-of-the-price-list';
const prices = { tea: 4.5, coffee: 7.25, cocoa: 3 };

mkdirSync(directory, { recursive: true });

/** The shop's database: what was ordered, and a table for reports. */
async function database() {
  const server = await startEmbeddedPostgres({ directory: join(directory, 'postgres'), settings: { fsync: 'off' } });
  const admin = await connect(server.adminUrl);
  await admin.query('drop database if exists shop with (force)');
  await admin.query('create database shop');
  await admin.query('do $$ begin create role clerk login; exception when duplicate_object then null; end $$');
  await admin.query(`alter role clerk password 'playground'`);
  await admin.end();
  const shop = await connect(Object.assign(new URL(server.adminUrl), { pathname: '/shop' }).href);
  await shop.query(`
    create table orders (id int primary key, article text not null, pieces int not null, state text not null);
    insert into orders values (1, 'tea', 2, 'open'), (2, 'coffee', 1, 'sent'), (3, 'cocoa', 4, 'open');
    create table reports (id bigint generated always as identity primary key, text text not null, total numeric not null);
    grant select on orders to clerk;
    grant select, insert on reports to clerk`);
  await shop.end();
  describe('database', 'postgres_database', {
    metadata: { host: '127.0.0.1', port: server.port, database: 'shop', user: 'clerk', tls: 'disable' },
    secrets: { password: 'playground' },
  });
  return server;
}

async function connect(connectionString) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

/** The price list: `GET /prices` with the key in `X-Api-Key`. */
async function priceList() {
  const port = await listen((request, response) => {
    if (request.headers['x-api-key'] !== key) return json(response, { error: 'the key is missing or wrong' }, 401);
    return json(response, prices);
  });
  describe('price-list', 'http_api', {
    metadata: { base_url: `http://127.0.0.1:${port}`, headers: { 'X-Api-Key': 'api_key' }, test_path: '/prices' },
    secrets: { api_key: key },
  });
}

/** A mail server that prints what it is given. */
async function mailServer() {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address).join(', ');
        console.log(`\nMail to ${to}:\n${Buffer.concat(chunks).toString()}`);
        done();
      });
    },
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  describe('mail-server', 'smtp_server', {
    metadata: { host: '127.0.0.1', port: server.server.address().port, tls: 'disable', from: 'shop@example.com' },
  });
}

/** An MCP server with one tool, made with the official SDK. */
async function mcpServer() {
  const port = await listen(async (request, response) => {
    const server = new McpServer({ name: 'warehouse', version: '1.0.0' });
    server.registerTool(
      'delivery_days',
      {
        description: 'How many days a delivery of so many pieces takes',
        inputSchema: z.object({ pieces: z.number() }),
      },
      ({ pieces }) => ({ content: [{ type: 'text', text: String(1 + Math.ceil(pieces / 4)) }] }),
    );
    const transport = new NodeStreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    response.on('close', () => void transport.close());
    await server.connect(transport);
    await transport.handleRequest(request, response);
  });
  describe('warehouse', 'mcp_server', { metadata: { url: `http://127.0.0.1:${port}/mcp` } });
}

/** Speaks OpenAI's Chat Completions, and makes a report of what it was asked. */
async function model() {
  const port = await listen((request, response) => {
    if (request.url.endsWith('/models')) return json(response, { data: [{ id: 'parrot-1' }] });
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const question = JSON.parse(text).messages.at(-1).content;
      const [total] = /\d+(\.\d+)? EUR/.exec(question) ?? ['nothing'];
      const [days] = /\d+ days/.exec(question) ?? ['some days'];
      stream(response, `Open orders of ${total} will be delivered within ${days}.`);
    });
  });
  describe('model', 'openai_compatible', { metadata: { base_url: `http://127.0.0.1:${port}/v1` } });
}

function stream(response, text) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (chunk) =>
    response.write(`data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', ...chunk })}\n\n`);
  for (const word of text.split(/(?<= )/))
    send({ choices: [{ index: 0, delta: { content: word }, finish_reason: null }] });
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  send({ choices: [], usage: { prompt_tokens: 60, completion_tokens: 12, total_tokens: 72 } });
  response.end('data: [DONE]\n\n');
}

/** Writes the body of `POST /v1/integrations/resources`. */
function describe(name, resourceType, resource) {
  writeFileSync(join(directory, `${name}.json`), JSON.stringify({ name, resource_type: resourceType, ...resource }));
}

function listen(handler) {
  return new Promise((resolve) => {
    const server = createServer(handler).listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

function json(response, body, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const server = await database();
await Promise.all([priceList(), mailServer(), mcpServer(), model()]);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => void server.stop().then(() => process.exit(0)));
}
console.log(`The playground is ready; ${directory} has the resources for Seer.`);
