import { startApp, type TestApp } from '../support/app.js';
import { untilOver } from '../support/runs.js';
import { eventsOf, pathOf, subscribeEcho } from '../support/triggers.js';

const config = {
  title: 'Contact <us>',
  description: 'We answer within a day.',
  submit_text: 'Send it',
  success_message: 'We have it.',
  fields: {
    type: 'object',
    additionalProperties: false,
    required: ['email', 'seats'],
    properties: {
      email: { type: 'string', format: 'email', title: 'Your address' },
      seats: { type: 'integer', minimum: 1, maximum: 4, title: 'Seats' },
      news: { type: 'boolean', title: 'Send me news' },
    },
  },
};
const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };

describe('a form', () => {
  let seer: TestApp;

  beforeAll(async () => {
    seer = await startApp();
  });
  afterAll(() => seer.close());

  it('is an accessible page without script, and starts a run with what is filled in', async () => {
    const { form_url: url, subscription_id: id } = await subscribeEcho(seer.admin, 'form_submission', config);
    const path = pathOf(url);
    const page = await seer.stranger.get<string>(path, { accept: 'text/html' });
    expect(page.status).toBe(200);
    expect(page.body).toContain('<h1>Contact &lt;us&gt;</h1>');
    expect(page.body).toContain('<label for="field-email">Your address *</label>');
    expect(page.body).toMatch(/<input type="number" step="1" id="field-seats" name="seats" required/);
    expect(page.body).not.toMatch(/<script/i);
    const submission = /name="seer.submission" value="([0-9a-f-]{36})"/.exec(page.body)![1]!;

    const sent = new URLSearchParams({
      'seer.submission': submission,
      email: 'ada@example.com',
      seats: '2',
      news: 'true',
    });
    const thanks = await seer.stranger.post<string>(path, sent.toString(), form);
    expect(thanks.status).toBe(200);
    expect(thanks.body).toContain('We have it.');
    const [event] = await eventsOf(seer.admin, id);
    expect(await untilOver(seer.admin, event.run_id)).toMatchObject({
      status: 'COMPLETED',
      source: 'FORM',
      outputs: { trigger: { data: { email: 'ada@example.com', seats: 2, news: true } } },
    });

    // Pressed twice.
    expect((await seer.stranger.post(path, sent.toString(), form)).status).toBe(200);
    // Somebody else says the same.
    const other = (await seer.stranger.get<string>(path, { accept: 'text/html' })).body;
    sent.set('seer.submission', /value="([0-9a-f-]{36})"/.exec(other)![1]!);
    expect((await seer.stranger.post(path, sent.toString(), form)).status).toBe(200);
    const verdicts = (await eventsOf(seer.admin, id)).map(({ verdict }: { verdict: string }) => verdict);
    expect(verdicts).toEqual(['accepted', 'duplicate', 'accepted']);
  });

  it('comes again with what is wrong, and keeps what was filled in', async () => {
    const { form_url: url, subscription_id: id } = await subscribeEcho(seer.admin, 'form_submission', config);
    const sent = new URLSearchParams({ email: '"><script>alert(1)</script>', seats: '9' });
    const again = await seer.stranger.post<string>(pathOf(url), sent.toString(), form);
    expect(again.status).toBe(422);
    expect(again.body).toContain('role="alert"');
    expect(again.body).toContain('aria-describedby="field-seats-fault"');
    expect(again.body).toContain('&quot;&gt;&lt;script&gt;');
    expect(again.body).not.toContain('<script>');
    expect(await eventsOf(seer.admin, id)).toEqual([]);
  });

  it('takes JSON from programs, strictly', async () => {
    const { form_url: url } = await subscribeEcho(seer.admin, 'form_submission', config);
    const path = pathOf(url);
    const key = { 'idempotency-key': 'order-1' };
    const first = await seer.stranger.post(path, { email: 'a@example.com', seats: 1 }, key);
    expect(first).toMatchObject({ status: 202, body: { verdict: 'accepted' } });
    const second = await seer.stranger.post(path, { email: 'a@example.com', seats: 1 }, key);
    expect(second.body).toMatchObject({ verdict: 'duplicate', run_id: first.body.run_id });
    const wrong = await seer.stranger.post(path, { email: 'a@example.com', seats: 1, admin: true });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'form-invalid', errors: [{ code: 'unknown-field' }] } });
    expect((await seer.stranger.post(path, 'email=x', { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('is not there when it is off, for browsers as a page', async () => {
    const { form_url: url, subscription_id: id } = await subscribeEcho(seer.admin, 'form_submission', config);
    await seer.admin.patch(`/v1/trigger-subscriptions/${id}`, { enabled: false });
    const page = await seer.stranger.get<string>(pathOf(url), { accept: 'text/html' });
    expect(page.status).toBe(404);
    expect(page.body).toContain('Nothing listens here');
    expect((await seer.stranger.post(pathOf(url), { email: 'a@example.com', seats: 1 })).status).toBe(404);
    // A form is no webhook, and the other way round.
    const hook = await subscribeEcho(seer.admin, 'webhook', { verify: { type: 'none' } });
    expect(
      (await seer.stranger.get(pathOf(hook.webhook_url).replace('/hooks/', '/forms/'), { accept: 'text/html' })).status,
    ).toBe(404);
  });
});
