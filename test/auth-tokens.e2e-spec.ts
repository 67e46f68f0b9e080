import { MikroORM } from '@mikro-orm/postgresql';
import { exportJWK, exportSPKI, generateKeyPair } from 'jose';
import {
  AUDIENCE,
  type IdentityProvider,
  startIdentityProvider,
  type TokenChange,
} from './support/identity-provider.js';
import { createTestDatabase } from './support/database.js';
import { startApp, type TestApp } from './support/app.js';

let provider: IdentityProvider;
let seer: TestApp;

let databaseUrl: string;

beforeAll(async () => {
  databaseUrl = await createTestDatabase();
});

async function start(): Promise<void> {
  provider = await startIdentityProvider();
  seer = await startApp(provider.environment, databaseUrl);
}

async function stop(): Promise<void> {
  await seer.close();
  await provider.close();
}

const me = (token: string) => seer.stranger.as(token).get('/v1/me');
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

async function usersNamed(subject: string): Promise<number> {
  const [row] = await seer.app
    .get(MikroORM)
    .em.execute<[{ count: number }]>('select count(*)::int as count from "user" where user_id = ?', [subject]);
  return row.count;
}

describe('A JWT of the identity provider', () => {
  beforeAll(start);
  afterAll(stop);

  it('makes its user on first sight, with all scopes of a member', async () => {
    const { status, body } = await me(await provider.token('ada', { claims: { email: 'ada@example.com' } }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ user_id: 'ada', issuer: provider.issuer, email: 'ada@example.com', role: 'member' });
    expect(body.scopes).toContain('workflows:write');
    expect(body.scopes).not.toContain('admin');
  });

  it('makes one user, however many first requests come in together', async () => {
    const token = await provider.token('grace');
    const answers = await Promise.all(Array.from({ length: 20 }, () => me(token)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await usersNamed('grace')).toBe(1);
  });

  it('makes another user than the same subject of another issuer', async () => {
    expect((await seer.admin.get('/v1/me')).body).toMatchObject({ user_id: 'admin', role: 'admin' });
    expect((await me(await provider.token('admin'))).body).toMatchObject({ issuer: provider.issuer, role: 'member' });
  });

  it('brings along an e-mail that changed, but not one that is gone', async () => {
    const emailAfter = async (email: string | undefined) => {
      const other = await startApp(provider.environment, databaseUrl);
      const token = await provider.token('joan', { claims: { email } });
      const { body } = await other.stranger.as(token).get('/v1/me');
      await other.close();
      return body.email;
    };
    expect(await emailAfter('joan@old.example')).toBe('joan@old.example');
    expect(await emailAfter('joan@new.example')).toBe('joan@new.example');
    expect(await emailAfter(undefined)).toBe('joan@new.example');
  });

  it.each([false, 'false'])('brings along no e-mail that the provider has not verified (%j)', async (unverified) => {
    const subject = `mallory-${typeof unverified}`;
    const claims = { email: 'ada@example.com', email_verified: unverified };
    expect((await me(await provider.token(subject, { claims }))).body).toMatchObject({ user_id: subject, email: '' });
    const proven = { email: 'mallory@example.com', email_verified: true };
    const answer = await me(await provider.token(`${subject}-proven`, { claims: proven }));
    expect(answer.body.email).toBe('mallory@example.com');
  });

  it('is good within half a minute of its times, for clocks that differ', async () => {
    expect((await me(await provider.token('ada', { claims: { exp: inSeconds(-20) } }))).status).toBe(200);
    expect((await me(await provider.token('ada', { claims: { nbf: inSeconds(20) } }))).status).toBe(200);
  });

  it('may name several audiences', async () => {
    expect((await me(await provider.token('ada', { claims: { aud: ['others', AUDIENCE] } }))).status).toBe(200);
  });

  it('is refused where no identity provider is configured', async () => {
    const closed = await startApp({}, databaseUrl);
    const answer = await closed.stranger.as(await provider.token('ada')).get('/v1/me');
    await closed.close();
    expect([answer.status, answer.body.code]).toEqual([401, 'identity-provider-not-configured']);
  });
});

describe('A JWT that the identity provider did not make for Seer', () => {
  beforeAll(start);
  afterAll(stop);

  const forgeries: [what: string, change: TokenChange][] = [
    ['comes from another issuer', { claims: { iss: 'https://evil.example' } }],
    ['has no issuer', { claims: { iss: undefined } }],
    ['is meant for another audience', { claims: { aud: 'others' } }],
    ['has no audience', { claims: { aud: undefined } }],
    ['expired a minute ago', { claims: { exp: inSeconds(-60) } }],
    ['never expires', { claims: { exp: undefined } }],
    ['is not valid yet', { claims: { nbf: inSeconds(300) } }],
    ['has no subject', { claims: { sub: undefined } }],
    ['has an empty subject', { claims: { sub: '' } }],
    ['has a subject over 255 characters', { claims: { sub: 'a'.repeat(256) } }],
    ['has a NUL in its subject', { claims: { sub: 'a\0b' } }],
    ['has half a surrogate pair in its subject', { claims: { sub: 'a\ud800b' } }],
    ['names a key that is not published', { header: { kid: 'unknown' } }],
  ];

  it.each(forgeries)('is refused when it %s', async (_what, change) => {
    const answer = await me(await provider.token('mallory', change));
    expect([answer.status, answer.body.code]).toEqual([401, 'credentials-invalid']);
    expect(await usersNamed('mallory')).toBe(0);
  });

  it('is refused when it is not signed', async () => {
    const [, payload] = (await provider.token('mallory')).split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'published' })).toString('base64url');
      expect((await me(`${header}.${payload}.`)).status).toBe(401);
    }
  });

  it('is refused when its signature or payload was changed', async () => {
    const [header, payload, signature] = (await provider.token('ada')).split('.');
    const [, otherPayload] = (await provider.token('mallory')).split('.');
    expect((await me(`${header}.${otherPayload}.${signature}`)).status).toBe(401);
    expect((await me(`${header}.${payload}.`)).status).toBe(401);
    expect((await me(`${header}.${payload}.${signature!.split('').reverse().join('')}`)).status).toBe(401);
  });

  it('is refused when it is an HMAC with the public key as its secret', async () => {
    const pem = await exportSPKI(provider.publicKey);
    const jwk = JSON.stringify(await exportJWK(provider.publicKey));
    for (const secret of [pem, pem.trim(), jwk]) {
      const key = new TextEncoder().encode(secret);
      expect((await me(await provider.token('mallory', { header: { alg: 'HS256' }, key }))).status).toBe(401);
    }
  });

  it('is refused when it brings its own key, which is not even fetched', async () => {
    const attacker = await startIdentityProvider();
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = await exportJWK(publicKey);
    const headers: TokenChange['header'][] = [
      { jwk },
      { jku: attacker.issuer },
      { x5u: attacker.issuer },
      { jwk, kid: undefined },
    ];
    for (const header of headers) {
      expect((await me(await provider.token('mallory', { header, key: privateKey }))).status).toBe(401);
    }
    expect(attacker.keyRequests).toBe(0);
    await attacker.close();
  });
});

describe('The identity provider', () => {
  // A process that knows none of its keys.
  beforeEach(start);
  afterEach(stop);

  it('is asked for its keys once, whatever unknown keys are named', async () => {
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, index) => provider.token('mallory', { header: { kid: `unknown-${index}` } })),
    );
    for (const token of tokens) expect((await me(token)).status).toBe(401);
    expect(provider.keyRequests).toBe(1);
  });

  it('that is down is a 503, and is not asked again at once', async () => {
    provider.outage = 500;
    const token = await provider.token('ada');
    for (let attempt = 0; attempt < 10; attempt++) {
      const answer = await me(token);
      expect([answer.status, answer.body.code]).toEqual([503, 'identity-provider-unavailable']);
      expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    }
    expect(provider.keyRequests).toBe(1);
  });

  it('that went down after its keys were fetched is not missed', async () => {
    expect((await me(await provider.token('ada'))).status).toBe(200);
    provider.outage = 500;
    expect((await me(await provider.token('grace'))).status).toBe(200);
  });

  it('that redirects is not followed', async () => {
    provider.outage = 302;
    expect((await me(await provider.token('ada'))).status).toBe(503);
  });
});
