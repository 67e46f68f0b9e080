// What PostgreSQL and Node do without Seer: a page of runs, and a run, each by one prepared statement.
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const user = process.env.USER_ID;
const columns = `r.run_id, w.workflow_id, v.version_number, r.status, r.source, r.error, r.error_detail, r.waiting_for, r.attempt,
  r.parent_run_id, r.trigger_event_id, r.created_at, r.started_at, r.completed_at`;
const from = `from workflow_run r left join workflow w on w.id = r.workflow_id
  left join workflow_version v on v.id = r.workflow_version_id`;
const page = {
  name: 'page',
  text: `select ${columns} ${from} where r.user_id = $1 and r.run_id < $2 order by r.run_id desc limit 51`,
};
const one = {
  name: 'one',
  text: `select ${columns}, r.inputs, r.outputs, r.config ${from} where r.run_id = $1 and r.user_id = $2`,
};

createServer((request, response) => void answer(request.url!, response)).listen(
  0,
  '127.0.0.1',
  function (this: { address(): unknown }) {
    console.log(`listens at http://127.0.0.1:${(this.address() as AddressInfo).port}`);
  },
);

/** `/page/<last id of the page before>` or `/run/<id>`. */
async function answer(url: string, response: ServerResponse): Promise<void> {
  const [, kind, id] = url.split('/');
  const { rows } = await pool.query(kind === 'page' ? { ...page, values: [user, id] } : { ...one, values: [id, user] });
  const json = JSON.stringify(rows);
  response.writeHead(rows.length > 0 ? 200 : 404, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
  });
  response.end(json);
}
