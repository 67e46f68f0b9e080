import { Webhook } from 'standardwebhooks';
import type pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { makeCaller } from '../support/callers.js';
import { type Client } from '../support/client.js';
import { connect } from '../support/database.js';
import { makePublished, makeWorkflow, specOf } from '../support/factories.js';
import { untilOver } from '../support/runs.js';
import { echoSpec, eventsOf, pathOf, subscribe, subscribeEcho } from '../support/triggers.js';

const open = { verify: { type: 'none' } };
const signed = { verify: { type: 'standard_webhooks' } };

describe('subscriptions', () => {
  let seer: TestApp;
  let database: pg.Client;
  let stranger: Client;

  beforeAll(async () => {
    seer = await startApp();
    database = await connect(seer.databaseUrl);
    stranger = seer.admin.as((await makeCaller(seer.app)).token);
  });
  afterAll(async () => {
    await database.end();
    await seer.close();
  });

  it('and events of others are unknown, on every route', async () => {
    const {
      subscription_id: id,
      webhook_url: url,
      workflow_id: workflow,
    } = await subscribeEcho(seer.admin, 'webhook', open);
    const { body: event } = await seer.stranger.post(pathOf(url), { n: 1 });
    const unknown = { status: 404, body: { code: 'subscription-not-found' } };
    const of = `/v1/trigger-subscriptions/${id}`;
    expect(await stranger.get(of)).toMatchObject(unknown);
    expect(await stranger.patch(of, { enabled: false })).toMatchObject(unknown);
    expect(await stranger.delete(of)).toMatchObject(unknown);
    for (const act of ['test', 'fire', 'rotate-secret'])
      expect(await stranger.post(`${of}/${act}`, {})).toMatchObject(unknown);
    expect(await stranger.get(`${of}/upcoming`)).toMatchObject(unknown);
    const noEvent = { status: 404, body: { code: 'event-not-found' } };
    expect(await stranger.get(`/v1/trigger-events/${event.event_id}`)).toMatchObject(noEvent);
    expect(await stranger.post(`/v1/trigger-events/${event.event_id}/replay`)).toMatchObject(noEvent);
    const range = {
      subscription_id: id,
      created_after: '2020-01-01T00:00:00Z',
      created_before: '2100-01-01T00:00:00Z',
    };
    expect(await stranger.post('/v1/trigger-events/replay', range)).toMatchObject(unknown);
    expect((await stranger.get('/v1/trigger-subscriptions')).body.items).toEqual([]);
    expect((await stranger.get(`/v1/trigger-events?subscription_id=${id}`)).body.items).toEqual([]);
    const request = { workflow_id: workflow, trigger_type: 'webhook', config: open };
    const foreign = await stranger.post('/v1/trigger-subscriptions', request);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'workflow-not-found' } });
    expect((await seer.admin.get(of)).body.enabled).toBe(true);
  });

  it.each([
    ['a trigger that is not there', 'webhok', {}, '/trigger_type', 'trigger-unknown'],
    ['no way to verify', 'webhook', {}, '/config/verify', 'missing-field'],
    ['an unknown way to verify', 'webhook', { verify: { type: 'trust' } }, '/config/verify/type', 'not-allowed'],
    ['a field that is not there', 'webhook', { ...open, filtre: 'true' }, '/config/filtre', 'unknown-field'],
    ['a filter that is no CEL', 'webhook', { ...open, filter: '1 +' }, '/config/filter', 'expression-invalid'],
    ['a filter that is no condition', 'webhook', { ...open, filter: '"a"' }, '/config/filter', 'expression-type'],
    [
      'a name that is not there',
      'webhook',
      { ...open, filter: 'inputs.n > 1' },
      '/config/filter',
      'expression-unknown-name',
    ],
    ['a misspelt field', 'webhook', { ...open, filter: 'trigger.dta.body == 1' }, '/config/filter', 'expression-type'],
    [
      'an input that is not there',
      'webhook',
      { ...open, inputs: { n: '1', m: '2' } },
      '/config/inputs/m',
      'input-unknown',
    ],
    ['an input that is missing', 'webhook', { ...open, inputs: {} }, '/config/inputs/n', 'missing-field'],
    ['a cron expression that is none', 'cron_schedule', { cron: '61 * * * *' }, '/config/cron', 'schedule-invalid'],
    [
      'a zone that is none',
      'cron_schedule',
      { cron: '@daily', timezone: 'Mars/Base' },
      '/config/timezone',
      'schedule-invalid',
    ],
    [
      'a schema that is none',
      'form_submission',
      { title: 'T', fields: { type: 'object', properties: { a: { type: 'txt' } } } },
      '/config/fields',
      'schema-invalid',
    ],
    [
      'another workflow that is not there',
      'workflow_finished',
      { workflow_id: 'wf_00000000-0000-7000-8000-000000000000' },
      '/config/workflow_id',
      'workflow-not-found',
    ],
  ])('with %s are refused, with the place', async (_what, type, config, pointer, code) => {
    const inputs = { type: 'object', additionalProperties: false, required: ['n'], properties: { n: {} } };
    const workflow = await makeWorkflow(seer.admin, { ...echoSpec, inputs });
    const request = { workflow_id: workflow, trigger_type: type, config };
    const { status, body } = await seer.admin.post('/v1/trigger-subscriptions', request);
    expect([status, body.code]).toEqual([422, 'subscription-invalid']);
    expect(body.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer, code })]));
    expect((await seer.admin.get(`/v1/trigger-subscriptions?workflow_id=${workflow}`)).body.items).toEqual([]);
  });

  it('show their secret once, keep it encrypted, and rotate it with an overlap of a day', async () => {
    const subscription = await subscribeEcho(seer.admin, 'webhook', signed);
    const { subscription_id: id, secret: first } = subscription;
    const path = pathOf(subscription.webhook_url);
    expect(first).toMatch(/^whsec_/);
    expect((await seer.admin.get(`/v1/trigger-subscriptions/${id}`)).body).not.toHaveProperty('secret');
    const deliver = (secret: string, message: string) => {
      const at = new Date();
      const seconds = String(Math.floor(at.getTime() / 1000));
      const signature = new Webhook(secret).sign(message, at, '{}');
      const headers = { 'webhook-id': message, 'webhook-timestamp': seconds, 'webhook-signature': signature };
      return seer.stranger.post(path, '{}', headers);
    };
    const rotated = await seer.admin.post(`/v1/trigger-subscriptions/${id}/rotate-secret`, {});
    const second = rotated.body.secret;
    expect(second).not.toBe(first);
    expect((await deliver(first, 'msg_old')).status).toBe(202);
    expect((await deliver(second, 'msg_new')).status).toBe(202);
    await database.query(
      `update trigger_subscription set previous_secret_until = now() where 'sub_' || subscription_id = $1`,
      [id],
    );
    expect(await deliver(first, 'msg_late')).toMatchObject({ status: 401, body: { code: 'signature-invalid' } });
    expect((await deliver(second, 'msg_still')).status).toBe(202);
    const { rows } = await database.query(
      'select s::text from trigger_subscription s union all select e::text from trigger_event e',
    );
    const dump = JSON.stringify(rows);
    for (const secret of [first, second]) {
      expect(dump).not.toContain(secret);
      expect(dump).not.toContain(secret.slice('whsec_'.length));
    }
  });

  it('take the secret of senders that make it themselves, and another one with another way to verify', async () => {
    const workflow = await makePublished(seer.admin, echoSpec);
    const request = { workflow_id: workflow, trigger_type: 'webhook', config: { verify: { type: 'stripe' } } };
    const without = await seer.admin.post('/v1/trigger-subscriptions', request);
    expect(without).toMatchObject({ status: 422, body: { errors: [{ pointer: '/secret', code: 'missing-field' }] } });
    const subscription = await subscribe(seer.admin, workflow, 'webhook', request.config, {
      secret: 'whsec_stripes_own_secret_1',
    });
    expect(subscription.secret).toBe('whsec_stripes_own_secret_1');
    const changed = await seer.admin.patch(`/v1/trigger-subscriptions/${subscription.subscription_id}`, {
      config: { verify: { type: 'bearer' } },
    });
    expect(changed.body.secret).toMatch(/^[\w-]{43}$/);
    const path = pathOf(subscription.webhook_url);
    const bearer = (token: string) => seer.stranger.post(path, {}, { authorization: `Bearer ${token}` });
    expect((await bearer('whsec_stripes_own_secret_1')).status).toBe(401);
    expect((await bearer(changed.body.secret)).status).toBe(202);
  });

  it('tell what would become of an event, and fire when they are asked to', async () => {
    const inputs = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
    const workflow = await makePublished(seer.admin, { ...echoSpec, inputs });
    const config = { ...open, filter: 'trigger.data.body.n != 0', inputs: { n: 'trigger.data.body.n' } };
    const { subscription_id: id } = await subscribe(seer.admin, workflow, 'webhook', config);
    const of = `/v1/trigger-subscriptions/${id}`;
    const dataOf = (n: unknown) => ({ data: { headers: {}, body: { n }, query: {}, method: 'POST' } });
    expect((await seer.admin.post(`${of}/test`, dataOf(7))).body).toMatchObject({
      verdict: 'accepted',
      inputs: { n: 7 },
    });
    expect((await seer.admin.post(`${of}/test`, dataOf(0))).body).toMatchObject({ verdict: 'filtered', inputs: null });
    const wrong = await seer.admin.post(`${of}/test`, dataOf('x'));
    expect(wrong.body).toMatchObject({ verdict: 'failed', reason: expect.stringContaining('/n') });
    expect(await eventsOf(seer.admin, id)).toEqual([]);
    for (let time = 0; time < 2; time++) {
      const fired = await seer.admin.post(`${of}/fire`, dataOf(7));
      expect(fired).toMatchObject({ status: 202, body: { verdict: 'accepted' } });
      expect((await untilOver(seer.admin, fired.body.run_id)).outputs).toMatchObject({ inputs: { n: 7 } });
    }
  });

  it('let events happen again, one or all of a time', async () => {
    const workflow = await makePublished(seer.admin, {
      ...echoSpec,
      inputs: { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } },
    });
    const config = { ...open, inputs: { ok: 'trigger.data.body.ok' } };
    const { subscription_id: id, webhook_url: url } = await subscribe(seer.admin, workflow, 'webhook', config);
    const good = (await seer.stranger.post(pathOf(url), { ok: true })).body;
    for (const ok of ['a', 'b', 'c']) expect((await seer.stranger.post(pathOf(url), { ok })).status).toBe(422);
    const again = await seer.admin.post(`/v1/trigger-events/${good.event_id}/replay`);
    expect(again.body).toMatchObject({ verdict: 'accepted', replay_of: good.event_id });
    expect((await untilOver(seer.admin, again.body.run_id)).outputs).toMatchObject({ inputs: { ok: true } });

    await seer.admin.patch(`/v1/trigger-subscriptions/${id}`, {
      config: { ...open, inputs: { ok: 'trigger.data.body.ok != ""' } },
    });
    const range = {
      subscription_id: id,
      created_after: '2020-01-01T00:00:00Z',
      created_before: '2100-01-01T00:00:00Z',
    };
    const all = await seer.admin.post('/v1/trigger-events/replay', range);
    expect(all).toMatchObject({ status: 202, body: { replayed: 3, verdicts: { accepted: 3 }, next_after: null } });
    const duplicate = (await seer.stranger.post(pathOf(url), { ok: true })).body;
    expect(await seer.admin.post(`/v1/trigger-events/${duplicate.event_id}/replay`)).toMatchObject({
      status: 409,
      body: { code: 'event-not-replayable', detail: expect.stringContaining(good.event_id) },
    });
  });

  it('warn whoever publishes a workflow that takes events from anybody', async () => {
    const { subscription_id: id, workflow_id: workflow } = await subscribeEcho(seer.admin, 'webhook', open);
    const { body } = await seer.admin.post(`/v1/workflows/${workflow}/publish`, {});
    expect(body.report.warnings).toEqual([
      expect.objectContaining({ code: 'trigger-open', message: expect.stringContaining(id) }),
    ]);
  });

  it('go with their workflow, with their events', async () => {
    const {
      subscription_id: id,
      workflow_id: workflow,
      webhook_url: url,
    } = await subscribeEcho(seer.admin, 'webhook', open);
    await seer.stranger.post(pathOf(url), {});
    expect((await seer.admin.delete(`/v1/workflows/${workflow}`)).status).toBe(204);
    expect((await seer.admin.get(`/v1/trigger-subscriptions/${id}`)).status).toBe(404);
    expect((await seer.stranger.post(pathOf(url), {})).status).toBe(404);
    expect(await eventsOf(seer.admin, id)).toEqual([]);
  });

  it('see trigger in a run that another process takes up, in its retry and in its fork', async () => {
    const spec = specOf([
      { id: 'pause', type: 'wait', for: '1ms' },
      { id: 'echo', type: 'set', value: '${trigger.data.body.n}' },
      { id: 'stumble', type: 'fail', when: 'trigger.data.body.n == 1', message: 'no' },
    ]);
    const { webhook_url: url } = await subscribe(seer.admin, await makePublished(seer.admin, spec), 'webhook', open);
    const taken = (await seer.stranger.post(pathOf(url), { n: 1 })).body;
    expect(await untilOver(seer.admin, taken.run_id)).toMatchObject({
      status: 'FAILED',
      error_detail: { node_id: 'stumble' },
    });
    const retried = (await seer.admin.post(`/v1/runs/${taken.run_id}/retry`)).body;
    expect(await untilOver(seer.admin, retried.run_id)).toMatchObject({
      status: 'FAILED',
      error_detail: { node_id: 'stumble' },
      trigger_event_id: taken.event_id,
    });
  });
});

describe('the catalogue of triggers', () => {
  it('has a sample and a config for each that satisfy its own schemas', async () => {
    const seer = await startApp();
    try {
      const { body } = await seer.admin.get('/v1/triggers');
      expect(body.items.length).toBeGreaterThanOrEqual(6);
      for (const { trigger_type: type, config_schema: config, event_schema: event, sample, example } of body.items) {
        const { schemaValidator } = await import('../../src/common/json-schema.js');
        expect([type, schemaValidator(config).validate(structuredClone(example))]).toEqual([type, []]);
        expect([type, schemaValidator(event).validate(structuredClone(sample))]).toEqual([type, []]);
      }
    } finally {
      await seer.close();
    }
  });
});
