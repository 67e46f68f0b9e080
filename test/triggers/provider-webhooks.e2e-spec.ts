import { sign } from '@octokit/webhooks-methods';
import type pg from 'pg';
import { type JsonObject } from '../../src/common/json.js';
import { type Answer } from '../support/answer.js';
import { startApp, type TestApp } from '../support/app.js';
import { connect } from '../support/database.js';
import { untilOver } from '../support/runs.js';
import { eventsOf, pathOf, subscribeEcho } from '../support/triggers.js';

interface Subscription {
  subscription_id: string;
  webhook_url: string;
  secret: string;
}

describe('webhooks of providers', () => {
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

  /** Lets a day and a moment pass, as the memory for duplicates sees it. */
  async function aDayLater(): Promise<void> {
    await database.query(`update trigger_dedup set accepted_at = accepted_at - interval '24 hours'`);
  }

  async function triggerOf(runId: string): Promise<JsonObject> {
    const run = await untilOver(seer.admin, runId);
    expect(run).toMatchObject({ status: 'COMPLETED', source: 'TRIGGER' });
    return (run.outputs as { trigger: JsonObject }).trigger;
  }

  async function verdictsOf({ subscription_id: id }: Subscription) {
    const events: { verdict: string; reason: string | null }[] = await eventsOf(seer.admin, id);
    return events.map(({ verdict, reason }) => [verdict, reason]).reverse();
  }

  /** A delivery starts a run, a second one is the same event, and a day later it is news again. */
  async function expectOncePerDay(deliver: () => Promise<Answer<any>>): Promise<JsonObject> {
    const first = await deliver();
    expect(first).toMatchObject({ status: 202, body: { verdict: 'accepted' } });
    const run = first.body.run_id;
    expect((await deliver()).body).toMatchObject({ verdict: 'duplicate', run_id: run });
    await aDayLater();
    const later = await deliver();
    expect(later.body).toMatchObject({ verdict: 'accepted' });
    expect(later.body.run_id).not.toBe(run);
    await triggerOf(later.body.run_id);
    return triggerOf(run);
  }

  describe('GitHub', () => {
    /** As https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers has it. */
    async function deliver(to: Subscription, event: string, payload: object, id: string, secret = to.secret) {
      const body = JSON.stringify(payload);
      return seer.stranger.post(pathOf(to.webhook_url), body, {
        'user-agent': 'GitHub-Hookshot/044aadd',
        'x-github-event': event,
        'x-github-delivery': id,
        'x-github-hook-id': '292430182',
        'x-hub-signature-256': await sign(secret, body),
      });
    }

    const repository = { id: 1296269, full_name: 'Octocat/Hello-World' };
    const opened = {
      action: 'opened',
      issue: { number: 1347, title: 'Spelling error' },
      repository,
      sender: { login: 'octocat' },
    };

    it('starts a run with its payload, once in 24 hours', async () => {
      const hook = await subscribeEcho(seer.admin, 'github_event', { events: ['issues'] });
      const trigger = await expectOncePerDay(() =>
        deliver(hook, 'issues', opened, '72d3162e-cc78-11e3-81ab-4c9367dc0958'),
      );
      expect(trigger).toMatchObject({
        type: 'github_event',
        subscription_id: hook.subscription_id,
        data: { event: 'issues', delivery_id: '72d3162e-cc78-11e3-81ab-4c9367dc0958', payload: opened },
      });
      expect((trigger.data as JsonObject).payload).toEqual(opened);
    });

    it('is the same event under another delivery id, which nobody has signed', async () => {
      const hook = await subscribeEcho(seer.admin, 'github_event');
      await deliver(hook, 'issues', opened, 'one');
      expect((await deliver(hook, 'issues', opened, 'another')).body).toMatchObject({ verdict: 'duplicate' });
    });

    it('starts nothing for its ping, nor for other events and repositories than those of the config', async () => {
      const all = await subscribeEcho(seer.admin, 'github_event');
      const ping = { zen: 'Keep it logically awesome.', hook_id: 292430182, hook: { type: 'Repository' }, repository };
      expect(await deliver(all, 'ping', ping, '1')).toMatchObject({ status: 202, body: { verdict: 'filtered' } });
      expect(await verdictsOf(all)).toEqual([['filtered', 'The event ping is not wanted.']]);

      const config = {
        events: ['issues', 'push'],
        repository: 'octocat/hello-world',
        filter: 'trigger.data.payload.action == "opened"',
      };
      const some = await subscribeEcho(seer.admin, 'github_event', config);
      const elsewhere = { ...opened, repository: { full_name: 'octocat/other' } };
      await deliver(some, 'star', opened, '2');
      await deliver(some, 'issues', elsewhere, '3');
      await deliver(some, 'issues', { ...opened, action: 'closed' }, '4');
      await deliver(some, 'issues', opened, '5');
      expect(await verdictsOf(some)).toEqual([
        ['filtered', 'The event star is not wanted.'],
        ['filtered', 'It is not of octocat/hello-world.'],
        ['filtered', expect.stringContaining('filter')],
        ['accepted', null],
      ]);
    });

    it('is refused when it is signed with another secret', async () => {
      const hook = await subscribeEcho(seer.admin, 'github_event');
      const answer = await deliver(hook, 'issues', opened, '6', 'another secret of GitHub');
      expect(answer).toMatchObject({ status: 401, body: { code: 'signature-invalid' } });
      // There is no scheme of HTTP that a challenge could name.
      expect(answer.headers.get('www-authenticate')).toBeNull();
      expect(await verdictsOf(hook)).toEqual([['rejected', expect.stringMatching(/^signature-invalid: /)]]);
    });
  });

  describe('Supabase', () => {
    /** What the trigger function of https://supabase.com/docs/guides/database/webhooks sends, with the header it was given. */
    const deliver = (to: Subscription, change: object, secret = to.secret) =>
      seer.stranger.post(pathOf(to.webhook_url), change, {
        'user-agent': 'pg_net/0.14.0',
        authorization: `Bearer ${secret}`,
      });

    const row = { id: 17, total: 99.5, note: null, created_at: '2026-11-26T10:00:00+00:00' };
    const inserted = { type: 'INSERT', table: 'orders', schema: 'public', record: row, old_record: null };
    const updated = { ...inserted, type: 'UPDATE', record: { ...row, total: 120 }, old_record: row };
    const deleted = { ...inserted, type: 'DELETE', record: null, old_record: row };

    it('starts a run with the change, once in 24 hours', async () => {
      const hook = await subscribeEcho(seer.admin, 'supabase_db_changes', { table: 'orders' });
      for (const change of [inserted, updated, deleted]) {
        const trigger = await expectOncePerDay(() => deliver(hook, change));
        expect(trigger).toMatchObject({ type: 'supabase_db_changes', subscription_id: hook.subscription_id });
        expect(trigger.data).toEqual(change);
      }
    });

    it('starts nothing for other operations, tables and schemas than those of the config', async () => {
      const hook = await subscribeEcho(seer.admin, 'supabase_db_changes', { table: 'orders', events: ['INSERT'] });
      await deliver(hook, updated);
      await deliver(hook, { ...inserted, table: 'customers' });
      await deliver(hook, { ...inserted, schema: 'private' });
      await deliver(hook, { ...inserted, record: 'no row' });
      await deliver(hook, inserted);
      expect(await verdictsOf(hook)).toEqual([
        ['filtered', 'Changes of this type are not wanted.'],
        ['filtered', 'It is not of public.orders.'],
        ['filtered', 'It is not of public.orders.'],
        ['filtered', 'Its record is no row.'],
        ['accepted', null],
      ]);
    });

    it('is refused without its token, and told to send one', async () => {
      const hook = await subscribeEcho(seer.admin, 'supabase_db_changes', { table: 'orders' });
      const answer = await deliver(hook, inserted, 'another-token-of-supabase');
      expect(answer).toMatchObject({ status: 401, body: { code: 'delivery-credentials-invalid' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Seer webhook", error="invalid_token"');
      expect(await verdictsOf(hook)).toEqual([['rejected', expect.stringMatching(/^delivery-credentials-invalid: /)]]);
    });
  });

  describe('a challenge (RFC 9110 section 11.6.1)', () => {
    it.each<[string, object, Record<string, string>, string | null]>([
      ['bearer', {}, {}, 'Bearer realm="Seer webhook"'],
      ['bearer', {}, { authorization: 'Bearer wrong' }, 'Bearer realm="Seer webhook", error="invalid_token"'],
      ['bearer', { header: 'X-Gitlab-Token' }, { 'x-gitlab-token': 'wrong' }, null],
      ['basic', { username: 'shop' }, {}, 'Basic realm="Seer webhook", charset="UTF-8"'],
      ['basic', { username: 'shop' }, { authorization: 'Basic eDp5' }, 'Basic realm="Seer webhook", charset="UTF-8"'],
    ])('of %s, %j, for %j', async (type, options, headers, challenge) => {
      const { webhook_url: url } = await subscribeEcho(seer.admin, 'webhook', { verify: { type, ...options } });
      const answer = await seer.stranger.post(pathOf(url), { n: 1 }, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe(challenge);
    });
  });
});
