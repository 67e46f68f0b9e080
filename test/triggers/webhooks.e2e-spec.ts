import { createHmac } from 'node:crypto';
import type pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { makePublished, specOf } from '../support/factories.js';
import { untilOver } from '../support/runs.js';
import { echoSpec, eventsOf, pathOf, subscribe, subscribeEcho } from '../support/triggers.js';

const signed = { verify: { type: 'standard_webhooks' } };
const open = { verify: { type: 'none' } };

describe('a webhook', () => {
  let seer: TestApp;
  let database: pg.Client;

  beforeAll(async () => {
    seer = await startApp();
    database = await connect(seer.databaseUrl);
  });
  afterAll(async () => {
    await database.end();
    await seer.close();
  });

  function sign(secret: string, id: string, body: string): Record<string, string> {
    const at = new Date();
    const seconds = String(Math.floor(at.getTime() / 1000));
    const signature = new Webhook(secret).sign(id, at, body);
    return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature };
  }

  it('starts a run whose trigger.data is the body, once in 24 hours', async () => {
    const subscription = await subscribeEcho(seer.admin, 'webhook', signed);
    expect(subscription).toMatchObject({ status: 'active', enabled: true, next_fire_at: null, last_event_at: null });
    const path = pathOf(subscription.webhook_url);
    const body = JSON.stringify({ order: 7 });
    const deliver = () => seer.stranger.post(path, body, sign(subscription.secret, 'msg_1', body));

    const first = await deliver();
    expect(first).toMatchObject({ status: 202, body: { verdict: 'accepted' } });
    const run = await untilOver(seer.admin, first.body.run_id);
    expect(run).toMatchObject({
      status: 'COMPLETED',
      source: 'TRIGGER',
      trigger_event_id: first.body.event_id,
      outputs: {
        inputs: {},
        trigger: {
          type: 'webhook',
          subscription_id: subscription.subscription_id,
          event_id: first.body.event_id,
          data: { body: { order: 7 }, headers: { 'webhook-id': 'msg_1' }, method: 'POST', query: {} },
        },
      },
    });

    const again = await deliver();
    expect(again).toMatchObject({ status: 202, body: { verdict: 'duplicate', run_id: first.body.run_id } });

    await database.query(`update trigger_dedup set accepted_at = accepted_at - interval '24 hours'`);
    const later = await deliver();
    expect(later).toMatchObject({ status: 202, body: { verdict: 'accepted' } });
    expect(later.body.run_id).not.toBe(first.body.run_id);

    const events = await eventsOf(seer.admin, subscription.subscription_id);
    expect(events.map(({ verdict }: { verdict: string }) => verdict)).toEqual(['accepted', 'duplicate', 'accepted']);
    expect(events[1].duplicate_of).toBe(first.body.event_id);
  });

  it('takes the forms that Slack sends: their fields are the body', async () => {
    const secret = 'signing-secret-of-the-app';
    const hook = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'slack' } }, { secret });
    const body = 'command=%2Frain&text=in+Lisbon';
    const seconds = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex');
    const answer = await seer.stranger.post(pathOf(hook.webhook_url), body, {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': seconds,
      'x-slack-signature': `v0=${signature}`,
    });
    expect(answer).toMatchObject({ status: 202, body: { verdict: 'accepted' } });
    const run = await untilOver(seer.admin, answer.body.run_id);
    expect(run).toMatchObject({ outputs: { trigger: { data: { body: { command: '/rain', text: 'in Lisbon' } } } } });
  });

  it('answers with the output of the run, also when the delivery comes again', async () => {
    const { webhook_url: url } = await subscribeEcho(seer.admin, 'webhook', { ...open, respond: 'when_finished' });
    const first = await seer.stranger.post(pathOf(url), { n: 1 });
    expect(first).toMatchObject({ status: 200, body: { trigger: { data: { body: { n: 1 } } } } });
    const again = await seer.stranger.post(pathOf(url), { n: 1 });
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
  });

  it('maps what it gets to the inputs of the workflow, and wants only what its filter wants', async () => {
    const inputs = { type: 'object', required: ['n'], properties: { n: { type: 'integer', maximum: 10 } } };
    const workflow = await makePublished(seer.admin, { ...echoSpec, inputs });
    const config = { ...open, filter: 'trigger.data.body.n > 0', inputs: { n: 'trigger.data.body.n' } };
    const { webhook_url: url } = await subscribe(seer.admin, workflow, 'webhook', config);
    const taken = await seer.stranger.post(pathOf(url), { n: 3 });
    const run = await untilOver(seer.admin, taken.body.run_id);
    expect(run.outputs).toMatchObject({ inputs: { n: 3 } });
    expect((await seer.stranger.post(pathOf(url), { n: 0 })).body).toMatchObject({ verdict: 'filtered', run_id: null });
    const failed = await seer.stranger.post(pathOf(url), { n: 11 });
    expect(failed).toMatchObject({ status: 422, body: { code: 'event-failed' } });
    expect(failed.body.event_id).toMatch(/^evt_/);
  });

  it('says nothing about a run that failed but that it has no output', async () => {
    const workflow = await makePublished(seer.admin, specOf([{ id: 'no', type: 'fail', message: 'secret reason' }]));
    const { webhook_url: url } = await subscribe(seer.admin, workflow, 'webhook', {
      ...open,
      respond: 'when_finished',
    });
    const answer = await seer.stranger.post(pathOf(url), {});
    expect(answer).toMatchObject({ status: 502, body: { code: 'run-without-output' } });
    expect(JSON.stringify(answer.body)).not.toContain('secret reason');
  });

  it('is not there for strangers to its link, when it is off, and while nothing is published', async () => {
    const subscription = await subscribeEcho(seer.admin, 'webhook', open);
    const path = pathOf(subscription.webhook_url);
    const off = { status: 404, body: { code: 'intake-not-found' } };
    expect(await seer.stranger.post(`${path.slice(0, -2)}AA`, {})).toMatchObject(off);
    expect(await seer.stranger.post('/v1/hooks/x', {})).toMatchObject(off);
    await seer.admin.patch(`/v1/trigger-subscriptions/${subscription.subscription_id}`, { enabled: false });
    expect(await seer.stranger.post(path, { n: 1 })).toMatchObject(off);
    await seer.admin.patch(`/v1/trigger-subscriptions/${subscription.subscription_id}`, { enabled: true });
    await seer.admin.post(`/v1/workflows/${subscription.workflow_id}/unpublish`);
    expect(await seer.stranger.post(path, { n: 1 })).toMatchObject(off);
    await seer.admin.post(`/v1/workflows/${subscription.workflow_id}/publish`, {});
    expect(await seer.stranger.post(path, { n: 1 })).toMatchObject({ status: 202, body: { verdict: 'accepted' } });
  });
});
