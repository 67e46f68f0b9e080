import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { freePort, Program } from '../support/program.js';
import { untilOver } from '../support/runs.js';
import { pathOf, subscribeEcho } from '../support/triggers.js';

const open = { verify: { type: 'none' } };

/** Where the process that takes a delivery dies: before anything is durable; when event and run are, and nobody was told. */
const points = ['before-birth', 'after-birth', 'after-event'];

describe('a delivery to a process that dies', () => {
  let seer: TestApp;
  let database: pg.Client;
  const doomed: Program[] = [];
  const key = `sk_test_${randomBytes(24).toString('base64url')}`;

  beforeAll(async () => {
    seer = await startApp({ SEER_BOOTSTRAP_API_KEY: key });
    database = await connect(seer.databaseUrl);
  });
  afterAll(async () => {
    await Promise.all(doomed.map((program) => program.stop('SIGKILL')));
    await database.end();
    await seer.close();
  });

  async function startDoomed(fault: string): Promise<{ url: string; program: Program }> {
    const port = await freePort();
    const program = new Program('dist/src/main.js', {
      NODE_ENV: 'test',
      DATABASE_URL: seer.databaseUrl,
      PORT: String(port),
      LOG_LEVEL: 'silent',
      SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SEER_FAULT_POINT: fault,
      SEER_BOOTSTRAP_API_KEY: key,
    });
    doomed.push(program);
    await program.says('Seer is ready');
    return { url: `http://127.0.0.1:${port}`, program };
  }

  it.each(points)('at %s is one run in the end, when the sender sends it again', async (point) => {
    const subscription = await subscribeEcho(seer.admin, 'webhook', open);
    const path = pathOf(subscription.webhook_url);
    const { url, program } = await startDoomed(`${point}:1`);
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ point }),
    };
    const answered = await fetch(url + path, request).then(
      (response) => response.status,
      () => 'nothing',
    );
    expect(answered).toBe('nothing');
    expect(await program.ended).toBeNull();

    const again = await seer.stranger.post(path, { point });
    expect(again.status).toBe(202);
    expect(['accepted', 'duplicate']).toContain(again.body.verdict);
    expect((await untilOver(seer.admin, again.body.run_id)).status).toBe('COMPLETED');
    const { rows } = await database.query<{ runs: number; accepted: number }>(
      `select count(*)::int as accepted, count(r.run_id)::int as runs
       from trigger_event e join trigger_subscription s on s.id = e.subscription_id left join workflow_run r on r.run_id = e.run_id
       where 'sub_' || s.subscription_id = $1 and e.verdict = 'accepted'`,
      [subscription.subscription_id],
    );
    expect(rows).toEqual([{ accepted: 1, runs: 1 }]);
  });

  it('under load loses nothing that was acknowledged, and runs nothing twice', async () => {
    const subscription = await subscribeEcho(seer.admin, 'webhook', open);
    const path = pathOf(subscription.webhook_url);
    const { url, program } = await startDoomed('after-birth:200');
    const acknowledged: string[] = [];
    const send = async (client: number): Promise<void> => {
      for (let n = 0; ; n++) {
        const response = await fetch(url + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ client, n }),
        }).catch(() => undefined);
        if (!response) return;
        acknowledged.push(((await response.json()) as { run_id: string }).run_id);
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, client) => send(client)));
    await program.ended;
    for (const runId of acknowledged) expect((await untilOver(seer.admin, runId)).status).toBe('COMPLETED');
    const { rows } = await database.query<{ hashes: number; runs: number }>(
      `select count(distinct e.event_hash)::int as hashes, count(*)::int as runs
       from trigger_event e join trigger_subscription s on s.id = e.subscription_id join workflow_run r on r.run_id = e.run_id
       where 'sub_' || s.subscription_id = $1`,
      [subscription.subscription_id],
    );
    expect(rows[0]!.runs).toBe(rows[0]!.hashes);
    expect(rows[0]!.runs).toBeGreaterThanOrEqual(acknowledged.length);
  });
});
