// What PostgreSQL and Node do without Seer: the least that a durable run can cost when nothing is shared.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

async function insert(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { inputs } = JSON.parse(await text(request)) as { inputs: unknown };
  const id = randomUUID();
  await pool.query({
    name: 'insert',
    text: 'insert into run values ($1, $2, now())',
    values: [id, JSON.stringify(inputs)],
  });
  const answer = JSON.stringify({ id, inputs });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
  response.end(answer);
}

const server = createServer((request, response) => void insert(request, response));
server.listen(0, '127.0.0.1', () => {
  console.log(`listens at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
