// What PostgreSQL and Node do without Seer: the least that a durable run can cost when nothing is shared.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { serveBare } from './support/bare-server.js';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
await pool.query('create table run (id uuid primary key, inputs json not null, created_at timestamptz not null)');

serveBare(async (inputs) => {
  const id = randomUUID();
  await pool.query({
    name: 'insert',
    text: 'insert into run values ($1, $2, now())',
    values: [id, JSON.stringify(inputs)],
  });
  return { id, inputs };
});
