import { startApp, type TestApp } from './support/app.js';
import { specOf } from './support/factories.js';
import { untilRun } from './support/runs.js';

let seer: TestApp;

beforeAll(async () => {
  seer = await startApp({ SEER_PUBLIC_URL: 'https://seer.example.com' });
});

afterAll(() => seer.close());

const form = {
  type: 'object',
  required: ['amount'],
  properties: {
    amount: { type: 'integer', maximum: 9, title: 'How much', description: 'In euros.' },
    reason: { enum: ['late', 'broken'] },
    urgent: { type: 'boolean' },
    notes: { type: 'string', maxLength: 5_000, default: '<b>none</b>' },
  },
};

/** A run that waits for an approval. @returns its id and the path of its link */
async function ask(more: object = {}): Promise<{ run: string; path: string }> {
  const spec = specOf([{ id: 'ok', type: 'approval', title: 'Pay <b>Ada</b>?', ...more }]);
  const run = (await seer.admin.post('/v1/runs', { spec })).body.run_id as string;
  const { waiting_for: waits } = await untilRun(seer.admin, run, ['WAITING']);
  const url = new URL(waits![0]!.approval_url!);
  expect(url.origin).toBe('https://seer.example.com');
  return { run, path: url.pathname };
}

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** Sends the form of the page as a browser would. */
async function submit(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const page = await seer.stranger.get<string>(path, browser);
  const action = /<form method="post" action="([^"]+)"/.exec(page.body)![1]!;
  const body = new URLSearchParams(fields).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return seer.stranger.post<string>(action, body, { ...browser, ...type, ...headers });
}

describe('the link of an approval', () => {
  it('shows the question to whoever has it: JSON to programs, a page to people', async () => {
    const { path } = await ask({ description: 'By friday', form });
    const { status, body } = await seer.stranger.get(path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ title: 'Pay <b>Ada</b>?', description: 'By friday', form });
    const page = await seer.stranger.get<string>(path, browser);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.body).toContain('Pay &lt;b&gt;Ada&lt;/b&gt;?');
    expect(page.body).not.toContain('<b>');
  });

  it('has a field with a label for everything that the form asks for', async () => {
    const { path } = await ask({ form });
    const { body } = await seer.stranger.get<string>(path, browser);
    for (const field of ['amount', 'reason', 'urgent', 'notes']) {
      expect(body).toMatch(new RegExp(`<(input|select|textarea)[^>]* name="${field}"`));
      if (field !== 'urgent') expect(body).toContain(`<label for="field-${field}">`);
    }
    expect(body).toContain('How much *');
    expect(body).not.toContain('<script');
  });

  it('decides nothing when it is looked at', async () => {
    const { run, path } = await ask();
    for (let look = 0; look < 3; look++) await seer.stranger.get(path, browser);
    expect((await seer.admin.get(`/v1/runs/${run}`)).body.status).toBe('WAITING');
  });

  it('takes one answer as JSON', async () => {
    const { run, path } = await ask({ form });
    const bad = await seer.stranger.post(path, { approved: true, form: { amount: 'much' } });
    expect(bad).toMatchObject({ status: 422, body: { errors: [{ pointer: '/form/amount', code: 'wrong-type' }] } });
    const good = await seer.stranger.post(path, { approved: true, form: { amount: 3 }, by: 'Grace' });
    expect(good).toMatchObject({ status: 200, body: { approved: true } });
    const ended = await untilRun(seer.admin, run, ['COMPLETED']);
    expect(ended.outputs).toMatchObject({ approved: true, by: 'Grace', form: { amount: 3, notes: '<b>none</b>' } });
    expect(await seer.stranger.post(path, { approved: false })).toMatchObject({ status: 409 });
    expect(await seer.stranger.get(path)).toMatchObject({ status: 409, body: { code: 'approval-closed' } });
  });

  it('takes one answer from the form of the page', async () => {
    const { run, path } = await ask({ form });
    const fields = { amount: '12', reason: 'late', notes: 'a\r\nb', 'seer.by': 'Grace', 'seer.approved': 'true' };
    const bad = await submit(path, fields);
    expect(bad.status).toBe(422);
    expect(bad.body).toContain('How much: must be &lt;= 9');
    expect(bad.body).toContain('value="12"');
    expect(bad.body).toContain('value="Grace"');
    const good = await submit(path, { ...fields, amount: '9', urgent: 'true' });
    expect(good.status).toBe(200);
    expect(good.body).toContain('Approved');
    const ended = await untilRun(seer.admin, run, ['COMPLETED']);
    expect(ended.outputs).toMatchObject({
      approved: true,
      by: 'Grace',
      form: { amount: 9, reason: 'late', urgent: true, notes: 'a\nb' },
    });
    const again = await seer.stranger.get<string>(path, browser);
    expect(again.status).toBe(409);
    expect(again.body).toContain('This approval is closed');
  });

  it('lets people say no without filling in what a yes would need', async () => {
    const { run, path } = await ask({ form });
    expect((await submit(path, { amount: '', 'seer.approved': 'false' })).body).toContain('Rejected');
    expect((await untilRun(seer.admin, run, ['COMPLETED'])).outputs).toMatchObject({ approved: false });
  });

  it('refuses an answer that says neither yes nor no, and another media type', async () => {
    const { run, path } = await ask();
    expect((await submit(path, { 'seer.approved': 'maybe' })).status).toBe(422);
    expect((await submit(path, {}, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await submit(path, { 'seer.by': 'a\0b', 'seer.approved': 'true' })).status).toBe(400);
    expect((await seer.admin.get(`/v1/runs/${run}`)).body.status).toBe('WAITING');
  });

  it('cannot be guessed, changed, or used for another place', async () => {
    const { run, path } = await ask();
    const other = await ask();
    const token = path.split('/').at(-1)!;
    const bytes = Buffer.from(token, 'base64url');
    const foreign = Buffer.from(other.path.split('/').at(-1)!, 'base64url');
    const forged = [
      Buffer.concat([bytes.subarray(0, 16), foreign.subarray(16)]),
      Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(24)]),
      bytes.subarray(0, 39),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      ...Array.from({ length: 8 }, (_, bit) => {
        const flipped = Buffer.from(bytes);
        flipped[39]! ^= 1 << bit;
        return flipped;
      }),
    ].map((forgery) => forgery.toString('base64url'));
    for (const forgery of [...forged, `${token}=`, `${token}%20`, 'x', run]) {
      const answer = await seer.stranger.post(`/v1/approvals/${forgery}`, { approved: true });
      expect(answer).toMatchObject({ status: 404, body: { code: 'approval-not-found' } });
    }
    expect((await seer.admin.get(`/v1/runs/${run}`)).body.status).toBe('WAITING');
  });

  it('is closed when its time is over or its run was cancelled', async () => {
    const { run, path } = await ask();
    await seer.admin.post(`/v1/runs/${run}/cancel`);
    expect((await seer.stranger.post(path, { approved: true })).status).toBe(409);
    const short = await ask({ timeout: '300ms' });
    await untilRun(seer.admin, short.run, ['COMPLETED']);
    expect((await seer.stranger.post(short.path, { approved: true })).status).toBe(409);
  });

  it('counts one of fifty answers that come at once', async () => {
    const { run, path } = await ask();
    const answers = await Promise.all(Array.from({ length: 50 }, () => seer.stranger.post(path, { approved: true })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(49);
    await untilRun(seer.admin, run, ['COMPLETED']);
  });
});
