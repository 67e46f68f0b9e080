import type pg from 'pg';
import { RunSweeper } from '../../src/workflows/runs/engine/run-sweeper.js';
import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { type Client } from '../support/client.js';
import { connect } from '../support/database.js';
import { specOf } from '../support/factories.js';
import { asTold, codesOf, findingsOf, ofCode, toldByDoctor, uuidOf } from '../support/findings.js';
import { type Peer, startPeer } from '../support/peer.js';
import { Program } from '../support/program.js';
import { subscribeEcho } from '../support/triggers.js';

/** A process that executes runs, and is killed while it does. */
describe('a worker that is killed', () => {
  let seer: TestApp;
  let database: pg.Client;
  let peer: Peer;
  let ada: Client;
  let runId: string;

  beforeAll(async () => {
    let called: () => void;
    const calledOnce = new Promise<void>((resolve) => (called = resolve));
    // It never answers.
    peer = await startPeer(() => called());
    seer = await startApp({ SEER_ROLE: 'api' });
    database = await connect(seer.databaseUrl);
    ada = seer.stranger.as((await makeCaller(seer.app)).token);
    const worker = new Program('dist/src/main.js', {
      DATABASE_URL: seer.databaseUrl,
      SEER_ROLE: 'worker',
      PORT: '0',
      LOG_LEVEL: 'warn',
      SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SEER_EGRESS_ALLOW: '127.0.0.0/8',
    });
    const spec = specOf([{ id: 'call', type: 'tool', tool: 'http.request', inputs: { url: peer.url } }]);
    runId = (await ada.post('/v1/runs', { spec })).body.run_id;
    await Promise.race([calledOnce, worker.ended.then(() => Promise.reject(new Error(worker.output)))]);
    await worker.stop('SIGKILL');
    // Twelve seconds later.
    await database.query(`update run_worker set lease_until = now() - interval '1 second'`);
  });

  afterAll(async () => {
    await database.end();
    await seer.close();
    await peer.close();
  });

  it('is found, with the runs that it still holds', async () => {
    const [{ name, lease_until: until }] = (await database.query('select name, lease_until from run_worker')).rows;
    const findings = await findingsOf(seer);
    const lost = ofCode(findings, 'worker-lost');
    expect(lost).toMatchObject({ severity: 'error', ids: [name], since: (until as Date).toISOString() });
    expect(lost.summary).toContain('0 runs of it were taken from it; 1 run still waits for that');
    expect(await toldByDoctor(seer)).toEqual(asTold(findings));
  });

  it('is still found when its runs were taken from it; these wait as there is nobody else', async () => {
    expect(await seer.app.get(RunSweeper).sweep()).toMatchObject([{ status: 'QUEUED' }]);
    expect(ofCode(await findingsOf(seer), 'worker-lost').summary).toContain(
      '1 run of it was taken from it; 0 runs still wait for that',
    );
    await database.query(
      `update workflow_run set created_at = now() - interval '5 minutes', started_at = now() - interval '5 minutes'`,
    );
    const waiting = ofCode(await findingsOf(seer), 'runs-without-worker');
    expect(waiting).toMatchObject({ severity: 'error', ids: [runId] });
    expect(waiting.summary).toBe('1 run of 1 user waits for a slot: no process that executes runs is alive.');
    expect(Date.now() - Date.parse(waiting.since!)).toBeGreaterThan(290_000);
  });

  it('leaves what is due to nobody: subscriptions are late, waits are overdue', async () => {
    const schedule = await subscribeEcho(ada, 'cron_schedule', { cron: '0 0 1 1 *' });
    await database.query(
      `update trigger_subscription set next_fire_at = now() - interval '2 minutes' where subscription_id = $1`,
      [uuidOf(schedule.subscription_id)],
    );
    await database.query(
      `update workflow_run set status = 'WAITING', waiting_for = '{"w":{"type":"timer","node_id":"w"}}', wake_at = now() - interval '2 minutes'
       where run_id = $1`,
      [uuidOf(runId)],
    );
    const findings = await findingsOf(seer);
    expect(ofCode(findings, 'subscription-late')).toMatchObject({
      ids: [schedule.subscription_id],
      summary: expect.stringContaining('no process that works is alive'),
    });
    expect(ofCode(findings, 'runs-overdue')).toMatchObject({
      ids: [runId],
      summary: expect.stringContaining('no process that executes runs is alive'),
    });
    const late = await seer.admin.get('/v1/admin/subscriptions?state=late');
    expect(late.body.items).toMatchObject([
      { subscription_id: schedule.subscription_id, trigger_type: 'cron_schedule' },
    ]);
    await database.query(`update workflow_run set status = 'QUEUED', wake_at = null where run_id = $1`, [
      uuidOf(runId),
    ]);
    await database.query('update trigger_subscription set next_fire_at = null');
  });

  it('kills, five times over, its run: that is poisoned', async () => {
    for (let crashes = 2; crashes <= 5; crashes++) {
      // As a process claims it that dies of it.
      await database.query(
        `update workflow_run set status = 'RUNNING', attempt = attempt + 1, worker_id = (select worker_id from run_worker)`,
      );
      await seer.app.get(RunSweeper).sweep();
    }
    expect((await ada.get(`/v1/runs/${runId}`)).body.error_detail).toEqual({ code: 'crash-loop' });
    const findings = await findingsOf(seer);
    expect(ofCode(findings, 'crash-loop')).toMatchObject({ severity: 'error', ids: [runId] });
    expect(ofCode(findings, 'crash-loop').summary).toContain('died 5 times, before its first step');
    expect(ofCode(findings, 'worker-lost').summary).toContain('5 runs of it were taken from it');
    expect(codesOf(findings)).toEqual(['crash-loop', 'worker-lost']);
    expect(await toldByDoctor(seer)).toEqual(asTold(findings));
    expect((await seer.admin.get('/v1/admin/runs?error_code=crash-loop')).body.items).toMatchObject([
      { run_id: runId },
    ]);
  });
});
