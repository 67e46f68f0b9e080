import { connect, makeOwner, type Owner, withLocal } from '../support/accounts.js';
import { startApp, type TestApp } from '../support/app.js';
import { type Mail } from '../support/google-mailbox.js';
import { allGoogleScopes, googleError, GoogleServer } from '../support/google-server.js';
import { Polls } from '../support/polls.js';
import { untilOver } from '../support/runs.js';
import { subscribeEcho } from '../support/triggers.js';

const TYPE = 'gmail_email_received';
/** Events that start no run are in no set of duplicates: what comes twice is seen. */
const unwanted = { filter: 'false' };
const DAY = 86_400_000;

let seer: TestApp;
let google: GoogleServer;
let ada: Owner;
let polls: Polls;

beforeAll(async () => {
  google = await GoogleServer.start();
  seer = await startApp(google.registration, undefined, { providers: withLocal('google', google.local) });
  ada = await makeOwner(seer, 'google', allGoogleScopes);
  polls = await Polls.watch(seer.databaseUrl);
});

afterAll(async () => {
  await polls.close();
  await seer.close();
  await google.close();
});

beforeEach(async () => {
  await polls.database.query('delete from trigger_subscription');
  google.reset();
});

async function subscribe(config: object = {}): Promise<string> {
  return (await polls.subscribe(ada.caller, TYPE, { ...unwanted, ...config })).subscription_id;
}

/** Ids of the mails of its events, in their order. */
async function eventIds(subscription: string): Promise<string[]> {
  return (await polls.events(subscription)).map(({ data }) => data.message_id);
}

/** Exactly these, each of them once. */
async function expectOnce(subscription: string, mails: readonly Mail[]): Promise<void> {
  const ids = await eventIds(subscription);
  expect(ids.toSorted()).toEqual(mails.map(({ id }) => id).toSorted());
}

const calls = (end: string) => google.api.calls.filter(({ path }) => path.endsWith(end));

describe('gmail_email_received', () => {
  it('starts a run for a mail that comes, and none for what was there before or for a mail that was seen', async () => {
    google.mailbox.deliverMany(3);
    const { subscription_id: id, config } = await polls.subscribe(ada.caller, TYPE);
    expect(config.connection_id).toBe(ada.connectionId);
    await polls.poll(id);
    expect(await polls.events(id)).toEqual([]);

    const mail = google.mailbox.deliver({ subject: 'Order A-17', from: 'Bob <bob@example.com>' });
    const end = await polls.poll(id);
    expect(end).toMatchObject({ status: 'active', failures: 0, polls: 1 });
    expect(end.wait).toBeGreaterThan(50);
    expect(end.wait).toBeLessThan(70);
    const [event, ...others] = await polls.events(id);
    expect(others).toEqual([]);
    const run = await untilOver(ada.caller, `run_${event!.run_id}`);
    expect(run.outputs).toMatchObject({
      trigger: {
        type: TYPE,
        occurred_at: new Date(mail.internalDate).toISOString(),
        data: {
          message_id: mail.id,
          thread_id: mail.threadId,
          subject: 'Order A-17',
          from: 'Bob <bob@example.com>',
          to: 'ada@gmail.example',
          date: new Date(mail.internalDate).toISOString(),
          snippet: 'About Order A-17',
          labels: ['INBOX', 'UNREAD'],
        },
      },
    });
    await polls.poll(id);
    await polls.poll(id);
    expect(await polls.events(id)).toHaveLength(1);
  });

  it('finds each of 1,000 mails that come at once, over many polls, oldest first', async () => {
    const id = await subscribe({ max_results: 100 });
    google.mailbox.pageSize = 150;
    const mails = google.mailbox.deliverMany(1_000);
    const { polls: count } = await polls.poll(id);
    expect(count).toBeGreaterThanOrEqual(10);
    expect(await eventIds(id)).toEqual(mails.map((mail) => mail.id));
    expect(calls('/history')).not.toHaveLength(1);
  });

  it('misses none and repeats none while mails come, are labelled and are deleted between its calls', async () => {
    const id = await subscribe({ max_results: 7 });
    google.mailbox.pageSize = 10;
    const kept: Mail[] = [];
    let left = 150;
    google.mailbox.meanwhile = (path) => {
      if (path.endsWith('/profile') || left-- <= 0) return;
      kept.push(google.mailbox.deliver());
      if (left % 5 === 0) google.mailbox.addLabel(kept.at(-1)!, 'STARRED');
      if (left % 7 === 0) google.mailbox.delete(google.mailbox.deliver());
    };
    kept.push(...google.mailbox.deliverMany(60));
    await polls.poll(id);
    google.mailbox.meanwhile = undefined;
    await polls.poll(id);
    await expectOnce(id, kept);
    expect(kept.length).toBeGreaterThan(150);
  });

  it('takes a mail that appears with an old date', async () => {
    const id = await subscribe();
    const old = [30 * DAY, DAY, 0].map((age) => google.mailbox.deliver({ internalDate: Date.now() - age }));
    await polls.poll(id);
    await expectOnce(id, old);
  });

  it('takes a mail when it is given the labels that are wanted, once', async () => {
    const before = google.mailbox.deliver();
    const id = await subscribe({ label_ids: ['INBOX', 'Label_7'] });
    const [one, other] = google.mailbox.deliverMany(2);
    await polls.poll(id);
    await expectOnce(id, []);
    google.mailbox.addLabel(one!, 'Label_7');
    google.mailbox.addLabel(other!, 'Label_8');
    google.mailbox.addLabel(before, 'Label_7');
    await polls.poll(id);
    await expectOnce(id, [one!, before]);
    google.mailbox.removeLabel(one!, 'Label_7');
    await polls.poll(id);
    google.mailbox.addLabel(one!, 'Label_7');
    google.mailbox.removeLabel(before, 'Label_7');
    google.mailbox.addLabel(before, 'Label_7');
    await polls.poll(id);
    await expectOnce(id, [one!, before]);
  });

  it('takes no drafts, nothing that was sent, no spam and no trash, but a mail to oneself', async () => {
    const id = await subscribe();
    google.mailbox.deliver({ labels: ['DRAFT'] });
    google.mailbox.deliver({ labels: ['SENT'] });
    google.mailbox.deliver({ labels: ['SPAM'] });
    google.mailbox.deliver({ labels: ['TRASH', 'INBOX'] });
    const own = google.mailbox.deliver({ labels: ['SENT', 'INBOX'] });
    const archived = google.mailbox.deliver({ labels: [] });
    await polls.poll(id);
    await expectOnce(id, [own, archived]);
    const all = await subscribe({ include_spam_trash: true });
    const spam = google.mailbox.deliver({ labels: ['SPAM'] });
    await polls.poll(all);
    await expectOnce(all, [spam]);
  });

  it('passes by a mail that is deleted before it is read', async () => {
    const id = await subscribe();
    const [gone, kept] = google.mailbox.deliverMany(2);
    google.mailbox.meanwhile = (path) => {
      if (!path.endsWith('/history')) return;
      google.mailbox.meanwhile = undefined;
      google.mailbox.delete(gone!);
    };
    await polls.poll(id);
    await expectOnce(id, [kept!]);
  });

  it('asks Gmail which mails its query finds: few searches, whatever their dates', async () => {
    const id = await subscribe({ query: 'from:bob order', max_results: 50 });
    const wanted = [0, 1, 400 * DAY].map((age) =>
      google.mailbox.deliver({ subject: 'Order', internalDate: Date.now() - age }),
    );
    google.mailbox.deliver({ subject: 'Order', from: 'eve@example.com' });
    google.mailbox.deliverMany(40, { subject: 'Newsletter' });
    google.api.calls.length = 0;
    await polls.poll(id);
    await expectOnce(id, wanted);
    expect(calls('/messages')).toHaveLength(2);
  });

  it('looks twice for what its query does not find: the search may be behind', async () => {
    const id = await subscribe({ query: 'order' });
    const late = google.mailbox.deliver({ subject: 'Order' });
    google.mailbox.unindexed.add(late.id);
    google.mailbox.deliver({ subject: 'Newsletter' });
    await polls.poll(id);
    await expectOnce(id, []);
    google.mailbox.unindexed.clear();
    await polls.database.query(
      `update trigger_subscription set cursor = jsonb_set(cursor::jsonb, '{unmatched,at}', '0')::json`,
    );
    await polls.poll(id);
    await expectOnce(id, [late]);
    google.api.calls.length = 0;
    await polls.poll(id);
    expect(google.api.calls.map(({ path }) => path)).toEqual(['/gmail/v1/users/me/history']);
  });

  it('goes on without a gap and without repetition when Gmail has forgotten the history', async () => {
    const old = google.mailbox.deliverMany(5, { internalDate: Date.now() - DAY / 2 });
    const id = await subscribe({ max_results: 10 });
    const seen = google.mailbox.deliverMany(20);
    await polls.poll(id);
    // Known mails that have changed meanwhile look like new ones.
    for (const mail of seen) google.mailbox.removeLabel(mail, 'UNREAD');
    const missed = google.mailbox.deliverMany(45, { internalDate: Date.now() - 1_000 });
    google.mailbox.pageSize = 20;
    google.mailbox.forget();
    let meanwhile: Mail | undefined;
    google.mailbox.meanwhile = (path) => {
      if (path.endsWith('/messages')) meanwhile ??= google.mailbox.deliver();
    };
    await polls.poll(id);
    google.mailbox.meanwhile = undefined;
    await polls.poll(id);
    await expectOnce(id, [...seen, ...missed, meanwhile!]);
    expect(old).toHaveLength(5);
  });

  it('begins a list anew when the token of its next page is not taken any more', async () => {
    const id = await subscribe({ max_results: 10 });
    google.mailbox.pageSize = 20;
    const mails = google.mailbox.deliverMany(70);
    let pages = 0;
    google.mailbox.meanwhile = (path) => {
      if (path.endsWith('/history') && ++pages === 2) google.mailbox.endTokens();
    };
    await polls.poll(id);
    await expectOnce(id, mails);
  });

  it('keeps its place when Gmail is busy, and waits as long as it is told to', async () => {
    const id = await subscribe({ max_results: 10 });
    const mails = google.mailbox.deliverMany(25);
    const history = calls('/history').length;
    // The history, nine mails, and then it is enough.
    google.mailbox.meanwhile = () => {
      if (calls('/history').length - history === 1 && google.api.calls.length % 5 === 0) {
        google.mailbox.meanwhile = undefined;
        google.api.mishaps.push(googleError(429, 'rateLimitExceeded', 'Too many', { 'retry-after': '1800' }));
      }
    };
    const busy = await polls.poll(id);
    expect(busy).toMatchObject({ status: 'failing', failures: 1, last_error: expect.stringContaining('429') });
    expect(busy.wait).toBeGreaterThan(1_790);
    expect(busy.wait).toBeLessThan(1_801);
    google.api.mishaps.push({ status: 503 });
    const down = await polls.poll(id);
    expect(down).toMatchObject({ status: 'failing', failures: 2 });
    expect(down.wait).toBeLessThan(31);
    expect(await polls.poll(id)).toMatchObject({ status: 'active', failures: 0, last_error: null });
    await expectOnce(id, mails);
  });

  it('waits for its account to be connected again, and goes on from where it was', async () => {
    const id = await subscribe();
    const first = google.mailbox.deliver();
    await polls.poll(id);
    await google.auth.revokeAll();
    const missed = google.mailbox.deliver();
    expect(await polls.poll(id)).toMatchObject({ status: 'reauth_required', wait: null });
    const path = `/v1/trigger-subscriptions/${id}`;
    expect((await ada.caller.get(path)).body).toMatchObject({
      status: 'reauth_required',
      next_fire_at: null,
      last_error: expect.stringContaining('must be connected again'),
    });
    const count = polls.count(id);
    await connect(seer, ada.token, 'google', allGoogleScopes);
    expect(await polls.until(id, count + 1)).toMatchObject({ status: 'active', last_error: null });
    await expectOnce(id, [first, missed]);
  });

  it('says at once what is wrong with a subscription', async () => {
    const refused = async (config: object) => {
      const workflow = await subscribeEcho(ada.caller, 'webhook', { verify: { type: 'none' } });
      const request = { workflow_id: workflow.workflow_id, trigger_type: TYPE, config };
      const { status, body } = await ada.caller.post('/v1/trigger-subscriptions', request);
      return [status, body.errors?.[0]?.pointer];
    };
    expect(await refused({ interval: '9s' })).toEqual([422, '/config/interval']);
    expect(await refused({ interval: 'often' })).toEqual([422, '/config/interval']);
    expect(await refused({ interval: '8d' })).toEqual([422, '/config/interval']);
    expect(await refused({ max_results: 101 })).toEqual([422, '/config/max_results']);
    expect(await refused({ filter: 'trigger.data.body' })).toEqual([422, '/config/filter']);
    expect(await refused({ connection_id: 'conn_0190b6a0-7e2c-7d3a-9f10-3b6f2f0c1a2b' })).toEqual([
      422,
      '/config/connection_id',
    ]);
    const stranger = await makeOwner(seer, 'google', ['email']);
    const echo = await subscribeEcho(stranger.caller, 'webhook', { verify: { type: 'none' } });
    const request = { workflow_id: echo.workflow_id, trigger_type: TYPE, config: {} };
    const { body } = await stranger.caller.post('/v1/trigger-subscriptions', request);
    expect(body.errors).toMatchObject([{ pointer: '/config/connection_id', code: 'connection-scopes-missing' }]);
  });
});
