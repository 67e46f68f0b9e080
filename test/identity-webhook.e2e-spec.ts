import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { readEnvironment } from '../src/common/config/read-environment.js';
import { startApp, type TestApp } from './support/app.js';
import { connect } from './support/database.js';
import { type IdentityProvider, startIdentityProvider } from './support/identity-provider.js';

const secret = `whsec_${randomBytes(24).toString('base64')}`;
const path = '/v1/webhooks/clerk';

let provider: IdentityProvider;
let seer: TestApp;
let database: pg.Client;

beforeAll(async () => {
  provider = await startIdentityProvider();
  seer = await startApp({ ...provider.environment, SEER_CLERK_WEBHOOK_SECRET: secret });
  database = await connect(seer.databaseUrl);
});

afterAll(async () => {
  await database.end();
  await seer.close();
  await provider.close();
});

const newSubject = () => `user_${randomUUID().replaceAll('-', '')}`;

/** Signed by the library that Clerk sends with. */
function headersOf(body: string, at = new Date(), by = secret, id = `msg_${randomUUID()}`): Record<string, string> {
  const signature = new SvixWebhook(by).sign(id, at, body);
  return { 'svix-id': id, 'svix-timestamp': String(Math.floor(at.getTime() / 1000)), 'svix-signature': signature };
}

const deliver = (event: object) => {
  const body = JSON.stringify(event);
  return seer.stranger.post(path, body, headersOf(body));
};

/** As https://clerk.com/docs/guides/development/webhooks/overview has it, shortened. */
function userEvent(type: string, subject: string, email: string | null, updatedAt: number) {
  const address = {
    id: 'idn_primary',
    email_address: email,
    object: 'email_address',
    verification: { status: 'verified' },
  };
  return {
    type,
    object: 'event',
    timestamp: updatedAt,
    instance_id: 'ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S',
    data: {
      id: subject,
      object: 'user',
      first_name: 'Ada',
      primary_email_address_id: email === null ? null : 'idn_primary',
      email_addresses: [{ id: 'idn_other', email_address: 'other@example.com' }, ...(email === null ? [] : [address])],
      created_at: 1_654_012_591_514,
      updated_at: updatedAt,
    },
  };
}

const gone = (subject: string) => ({
  type: 'user.deleted',
  object: 'event',
  data: { id: subject, object: 'user', deleted: true },
});

async function emailOf(subject: string): Promise<string | undefined> {
  const { rows } = await database.query<{ email: string; issuer: string }>('select * from "user" where user_id = $1', [
    subject,
  ]);
  expect(rows.every(({ issuer }) => issuer === provider.issuer)).toBe(true);
  expect(rows.length).toBeLessThan(2);
  return rows[0]?.email;
}

describe('the identity webhook', () => {
  it('makes users, and changes their e-mail, as the provider tells', async () => {
    const subject = newSubject();
    expect((await deliver(userEvent('user.created', subject, 'ada@example.com', 1_000))).status).toBe(204);
    expect(await emailOf(subject)).toBe('ada@example.com');
    await deliver(userEvent('user.updated', subject, 'lovelace@example.com', 2_000));
    expect(await emailOf(subject)).toBe('lovelace@example.com');
    await deliver(userEvent('user.updated', subject, null, 3_000));
    expect(await emailOf(subject)).toBe('');
    const { body } = await seer.stranger.as(await provider.token(subject)).get('/v1/me');
    expect(body).toMatchObject({ user_id: subject, issuer: provider.issuer, role: 'member' });
  });

  it.each([{ status: 'unverified' }, null, undefined])(
    'takes no e-mail that nobody has shown to be theirs (%j)',
    async (verification) => {
      const subject = newSubject();
      const event = userEvent('user.created', subject, 'ada@example.com', 1_000);
      Object.assign(event.data.email_addresses[1]!, { verification });
      expect((await deliver(event)).status).toBe(204);
      expect(await emailOf(subject)).toBe('');
    },
  );

  it('leaves word in the audit of who comes and who goes, once each', async () => {
    const subject = newSubject();
    for (const at of [1_000, 2_000]) await deliver(userEvent('user.updated', subject, 'ada@example.com', at));
    for (let n = 0; n < 2; n++) await deliver(gone(subject));
    const { rows } = await database.query(
      `select a.action from audit_entry a join "user" u on u.public_id = a.owner_id where u.user_id = $1 order by a.entry_id`,
      [subject],
    );
    expect(rows).toEqual([{ action: 'user.created' }, { action: 'user.deactivated' }]);
  });

  it('brings no old e-mail back: not late, not twice, and not by an older token', async () => {
    const subject = newSubject();
    const first = userEvent('user.created', subject, 'old@example.com', 1_000);
    await deliver(userEvent('user.updated', subject, 'new@example.com', 2_000));
    await deliver(first);
    await deliver(first);
    expect(await emailOf(subject)).toBe('new@example.com');
    const token = await provider.token(subject, { claims: { email: 'old@example.com' } });
    expect((await seer.stranger.as(token).get('/v1/me')).body.email).toBe('new@example.com');
  });

  it('never matches anybody by e-mail', async () => {
    const [one, other] = [newSubject(), newSubject()];
    await deliver(userEvent('user.created', one, 'same@example.com', 1_000));
    await deliver(userEvent('user.created', other, 'same@example.com', 1_000));
    await deliver(gone(one));
    expect((await seer.stranger.as(await provider.token(other)).get('/v1/me')).status).toBe(200);
  });

  it('ends all credentials of who is gone, at once, and nobody else’s', async () => {
    const [subject, other] = [newSubject(), newSubject()];
    const keys: string[] = [];
    for (const one of [subject, subject, other]) {
      const person = seer.stranger.as(await provider.token(one));
      keys.push((await person.post('/v1/api-keys', { name: 'Key', scopes: ['workflows:read'] })).body.key);
    }
    const statuses = () => Promise.all(keys.map(async (key) => (await seer.stranger.as(key).get('/v1/me')).status));
    expect(await statuses()).toEqual([200, 200, 200]);
    expect((await deliver(gone(subject))).status).toBe(204);
    expect(await statuses()).toEqual([401, 401, 200]);
    expect((await deliver(gone(subject))).status).toBe(204);
  });

  it('keeps out who is gone, whatever comes late', async () => {
    const subject = newSubject();
    await deliver(gone(subject));
    await deliver(userEvent('user.created', subject, 'ghost@example.com', Date.now() + 60_000));
    expect(await emailOf(subject)).toBe('');
    const refused = await seer.stranger.as(await provider.token(subject)).get('/v1/me');
    expect(refused).toMatchObject({ status: 401, body: { code: 'credentials-invalid' } });
  });

  it('takes the signatures of Standard Webhooks as well, and ignores what is about no user', async () => {
    const body = JSON.stringify({ type: 'session.created', object: 'event', data: { id: 'sess_1' } });
    const at = new Date();
    const signature = new StandardWebhook(secret).sign('msg_1', at, body);
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    };
    expect((await seer.stranger.post(path, body, headers)).status).toBe(204);
  });

  const subject = newSubject();
  const body = JSON.stringify(userEvent('user.created', subject, 'forged@example.com', 1_000));
  it.each<[what: string, headers: () => Record<string, string>, sent: string, status: number, code: string]>([
    ['no signature', () => ({}), body, 401, 'signature-missing'],
    [
      'a signature with another secret',
      () => headersOf(body, new Date(), `whsec_${Buffer.alloc(24, 1).toString('base64')}`),
      body,
      401,
      'signature-invalid',
    ],
    ['another body', () => headersOf(body), body.replace('forged', 'Forged'), 401, 'signature-invalid'],
    [
      'a signature of an hour ago',
      () => headersOf(body, new Date(Date.now() - 3_600_000)),
      body,
      401,
      'signature-stale',
    ],
    ['a signature of tomorrow', () => headersOf(body, new Date(Date.now() + 86_400_000)), body, 401, 'signature-stale'],
    ['a changed id', () => ({ ...headersOf(body), 'svix-id': 'msg_other' }), body, 401, 'signature-invalid'],
    ['no JSON', () => headersOf('{'), '{', 400, 'json-malformed'],
  ])('is closed to %s, and writes nothing', async (_what, headers, sent, status, code) => {
    const answer = await seer.stranger.post(path, sent, headers());
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await emailOf(subject)).toBeUndefined();
  });

  it.each<[what: string, event: object]>([
    ['no type', { data: { id: subject } }],
    ['no data', { type: 'user.created' }],
    ['no id', { type: 'user.deleted', data: {} }],
    ['an id that is none', { type: 'user.created', data: { id: 'a\nb', updated_at: 1 } }],
    ['no time of the change', { type: 'user.updated', data: { id: subject } }],
    ['a time that is none', { type: 'user.updated', data: { id: subject, updated_at: 1e300 } }],
  ])('refuses a signed event with %s', async (_what, event) => {
    expect(await deliver(event)).toMatchObject({ status: 400, body: { code: 'identity-event-invalid' } });
    expect(await emailOf(subject)).toBeUndefined();
  });

  it('is not there where nobody has configured it, and says so', async () => {
    const other = await startApp(provider.environment, seer.databaseUrl);
    const answer = await other.stranger.post(path, body, headersOf(body));
    expect(answer).toMatchObject({ status: 404, body: { code: 'identity-webhook-not-configured' } });
    expect(answer.body.detail).toContain('SEER_CLERK_WEBHOOK_SECRET');
    await other.close();
  });

  it('wants a secret that is one, and an issuer', () => {
    const auth = { SEER_AUTH_ISSUER: 'https://clerk.example.com', SEER_AUTH_AUDIENCE: 'seer' };
    const start =
      (value: string, more: object = auth) =>
      () =>
        readEnvironment({ ...more, SEER_CLERK_WEBHOOK_SECRET: value });
    expect(start(secret)).not.toThrow();
    expect(start(`whsec_${'~'.repeat(40)}`)).toThrow(/SEER_CLERK_WEBHOOK_SECRET must be "whsec_"/);
    expect(start(secret, {})).toThrow(/together with SEER_AUTH_ISSUER/);
  });
});
