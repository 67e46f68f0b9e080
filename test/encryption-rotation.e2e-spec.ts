import { setTimeout as delay } from 'node:timers/promises';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { type Client } from 'pg';
import { EncryptionService } from '../src/common/encryption/encryption.service.js';
import { LiveKeyRing } from '../src/common/encryption/live-key-ring.js';
import { KeyRotation } from '../src/common/encryption/rotation/key-rotation.service.js';
import { replaceValues } from '../src/common/encryption/rotation/encrypted-values.js';
import { keyTiming } from '../src/common/encryption/timing.js';
import { oauthSecrets, providers } from '../src/oauth/index.js';
import { type Answer } from './support/answer.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { connect } from './support/database.js';
import { Program } from './support/program.js';

const masterKey = Buffer.alloc(32, 7).toString('base64');
const quick = { SEER_KEY_POLL_MS: '500', SEER_BOOTSTRAP_API_KEY: `sk_${'rotation'.repeat(5)}` };
/** Providers whose clients are stored again and again. */
const made = Array.from({ length: 20 }, (_, index) => ({ ...providers[0]!, key: `p${index}` }));
const { settleMs } = keyTiming(500);

let one: TestApp;
let two: TestApp;
let behind: Client;
let user: string;

beforeAll(async () => {
  one = await startApp({ LOG_LEVEL: 'error', ...quick }, undefined, { providers: made });
  // Answers requests only: what it knows of a rotation, it has heard.
  two = await startApp({ SEER_ROLE: 'api', ...quick }, one.databaseUrl, { providers: made });
  behind = await connect(one.databaseUrl);
  user = String((await makeCaller(one.app)).user.id);
});

afterAll(async () => {
  await behind.end();
  await Promise.all([one.close(), two.close()]);
});

beforeEach(() => behind.query('truncate oauth_client, oauth_connection, oauth_authorization cascade'));

const encryptionOf = ({ app }: TestApp) => app.get(EncryptionService);
const rotationOf = ({ app }: TestApp) => app.get(KeyRotation);
const never = new AbortController().signal;

const placeOf = (provider: string) => ({
  table: 'oauth_client',
  column: 'client_secret',
  row: provider,
  owner: 'seer',
});
const tokenPlace = (id: string, column = 'access_token', owner = user) => ({
  table: 'oauth_connection',
  column,
  row: `conn_${id}`,
  owner,
});

const putClient = (provider: string, secret: string) =>
  behind.query(
    `insert into oauth_client (provider, client_id, client_secret) values ($1, 'id', $2)
      on conflict (provider) do update set client_secret = excluded.client_secret`,
    [provider, secret],
  );

/** A connection with both tokens, encrypted by this process. @returns its uuid */
async function putConnection(by: TestApp, index: number, owner = user): Promise<string> {
  const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const encryption = encryptionOf(by);
  await behind.query(
    `insert into oauth_connection (connection_id, user_id, provider, provider_account_id, account_label, scopes, status,
       access_token, refresh_token) values ($1::uuid, $2, 'github', $1::text, 'ada', '{}', 'healthy', $3, $4)`,
    [
      id,
      owner,
      encryption.encrypt(`access ${index}`, tokenPlace(id, 'access_token', owner)),
      encryption.encrypt(`refresh ${index}`, tokenPlace(id, 'refresh_token', owner)),
    ],
  );
  return id;
}

const secretOf = async (provider: string): Promise<string> =>
  (await behind.query('select client_secret from oauth_client where provider = $1', [provider])).rows[0].client_secret;

const keys = async (): Promise<{ id: string; status: string }[]> =>
  (await behind.query('select id, status from encryption_key order by created_at, id')).rows;
const primary = async () => (await keys()).find(({ status }) => status === 'primary')!.id;

/** Distinct keys of all stored values. */
const keysInUse = async (): Promise<string[]> =>
  (
    await behind.query(`select distinct split_part(value, '.', 2) as id from (select client_secret as value from oauth_client
      union all select access_token from oauth_connection union all select refresh_token from oauth_connection) v`)
  ).rows.map(({ id }) => id);

async function rotate(by = one): Promise<void> {
  await rotationOf(by).begin();
  await rotationOf(by).advance(never);
}

describe('a process', () => {
  it('opens what another has encrypted with a key that it has not heard of', async () => {
    const deaf = await startApp({ SEER_ROLE: 'api', SEER_KEY_POLL_MS: '60000' }, one.databaseUrl);
    // Nobody hears for half a second, and this one's next poll is further away.
    await behind.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'seer listen encryption_keys_changed'`);
    const { keyId } = await rotationOf(one).begin();
    await one.app.get(LiveKeyRing).reload();
    const secrets = Array.from({ length: 20 }, (_, index) => encryptionOf(one).encrypt(`s${index}`, placeOf('x')));
    expect(secrets[0]).toContain(keyId);
    expect(deaf.app.get(LiveKeyRing).current.keys.has(keyId)).toBe(false);
    const opened = await Promise.all(secrets.map((secret) => encryptionOf(deaf).decrypt(secret, placeOf('x'))));
    expect(opened).toEqual(secrets.map((_, index) => `s${index}`));
    await deaf.close();
    await rotationOf(one).advance(never);
  });

  it('asks the database twice a second at most for keys that do not exist', async () => {
    const bogus = encryptionOf(two)
      .encrypt('x', placeOf('x'))
      .replace(/\.\w{16}\./, '.0000000000000000.');
    const begin = Date.now();
    const refused = Array.from({ length: 50 }, () => encryptionOf(two).decrypt(bogus, placeOf('x')));
    for (const each of await Promise.allSettled(refused)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'decryption-failed' } });
    }
    expect(Date.now() - begin).toBeLessThan(2_000);
  });

  it('does not encrypt while it cannot see whether its key is still the one', async () => {
    await behind.query('alter table encryption_key rename to hidden');
    await until(() => encryptionOf(two).encrypt('x', placeOf('x')) === undefined, 'encryption keys cannot be read');
    await behind.query('alter table hidden rename to encryption_key');
    const key = await primary();
    await until(() => encryptionOf(two).encrypt('x', placeOf('x')).includes(key));
  });

  it('that got no time to look does so before it encrypts, and refuses nothing', async () => {
    const frozen = await startApp({ SEER_ROLE: 'api', ...quick, SEER_KEY_POLL_MS: '60000' }, one.databaseUrl);
    Object.assign(frozen.app.get(LiveKeyRing), { readAtMs: -Infinity });
    expect(() => encryptionOf(frozen).encrypt('x', placeOf('github'))).toThrow('encryption keys cannot be read');
    const client = { client_id: 'id', client_secret: 'shh' };
    expect((await frozen.admin.put('/v1/admin/oauth-clients/github', client)).status).toBe(204);
    expect(await secretOf('github')).toContain(await primary());
    await frozen.close();
  });

  it('derives the same keys after rotations, also one that starts later', async () => {
    const before = encryptionOf(one).deriveKey('approval').toString('hex');
    await rotate();
    expect((await keys())[0]!.status).toBe('retired');
    const later = await startApp({}, one.databaseUrl);
    expect(encryptionOf(later).deriveKey('approval').toString('hex')).toBe(before);
    await later.close();
  });
});

describe('stored values', () => {
  it('open in their own row, column and user only', async () => {
    const other = String((await makeCaller(one.app)).user.id);
    const ids = [await putConnection(one, 1), await putConnection(one, 2), await putConnection(one, 3, other)];
    const places = ids.flatMap((id, index) =>
      ['access_token', 'refresh_token'].map((column) => tokenPlace(id, column, index === 2 ? other : user)),
    );
    const stored = async ({ row, column }: { row: string; column: string }): Promise<string> =>
      (await behind.query(`select ${column} as value from oauth_connection where 'conn_' || connection_id = $1`, [row]))
        .rows[0].value;
    for (const from of places) {
      for (const to of places) {
        const opened = encryptionOf(two).decrypt(await stored(from), to);
        if (from === to) expect(await opened).toMatch(/^(access|refresh) \d$/);
        else await expect(opened).rejects.toMatchObject({ code: 'decryption-failed' });
      }
    }
  });
});

describe('a rotation', () => {
  it('puts every value under the new key and retires the old ones, not before all processes can know', async () => {
    await putClient('github', encryptionOf(one).encrypt('shh', placeOf('github')));
    for (let index = 0; index < 300; index++) await putConnection(one, index);
    const before = await primary();
    const begin = Date.now();
    await rotate();
    expect(Date.now() - begin).toBeGreaterThan(settleMs);
    expect(await keysInUse()).toEqual([await primary()]);
    expect(await primary()).not.toBe(before);
    expect((await keys()).filter(({ status }) => status !== 'retired')).toHaveLength(1);
    expect(await encryptionOf(two).decrypt(await secretOf('github'), placeOf('github'))).toBe('shh');
  });

  it('is never one of two', async () => {
    const begun = await Promise.all([one, two, one, two].map((each) => rotationOf(each).begin()));
    expect(new Set(begun.map(({ id }) => id)).size).toBe(1);
    expect((await keys()).filter(({ status }) => status !== 'retired')).toHaveLength(2);
    await Promise.all([one, two].map((each) => rotationOf(each).advance(never)));
    expect((await keys()).filter(({ status }) => status !== 'retired')).toHaveLength(1);
  });

  it('leaves alone what changes under its hands', async () => {
    await putClient('github', encryptionOf(one).encrypt('old', placeOf('github')));
    await rotationOf(one).begin();
    const writer = await connect(one.databaseUrl);
    await writer.query('begin');
    const written = encryptionOf(two).encrypt('new', placeOf('github'));
    await writer.query(`update oauth_client set client_secret = $1 where provider = 'github'`, [written]);
    const advancing = rotationOf(one).advance(never);
    // It meets the row while that is locked, and again after it was changed.
    await delay(1_500);
    await writer.query('commit');
    await writer.end();
    await advancing;
    expect(await encryptionOf(two).decrypt(await secretOf('github'), placeOf('github'))).toBe('new');
  });

  it('never replaces a value that is no longer what was read, even in the same place of the table', async () => {
    await putClient('github', 'written meanwhile');
    const { ctid } = (await behind.query('select ctid::text from oauth_client')).rows[0];
    const [secrets] = oauthSecrets;
    await replaceValues(one.app.get(MikroORM).em.fork() as EntityManager, secrets!, [
      { ctid, from: 'read', to: 'anew' },
    ]);
    expect(await secretOf('github')).toBe('written meanwhile');
  });

  it('waits for a transaction that has written under the old key and is still open', async () => {
    const slow = await connect(one.databaseUrl);
    await slow.query('begin');
    await slow.query(`insert into oauth_client (provider, client_id, client_secret) values ('slow', 'id', $1)`, [
      encryptionOf(two).encrypt('late', placeOf('slow')),
    ]);
    const before = await primary();
    await rotationOf(one).begin();
    const advancing = rotationOf(one).advance(never);
    await delay(settleMs + 1_500);
    expect((await keys()).find(({ id }) => id === before)?.status).toBe('active');
    await slow.query('commit');
    await slow.end();
    await advancing;
    expect((await keys()).find(({ id }) => id === before)?.status).toBe('retired');
    expect(await encryptionOf(two).decrypt(await secretOf('slow'), placeOf('slow'))).toBe('late');
  });

  it('is not held up by a value that does not decrypt, names it and keeps its key', async () => {
    await putClient('good', encryptionOf(one).encrypt('fine', placeOf('good')));
    await putClient('moved', encryptionOf(one).encrypt('x', placeOf('elsewhere')));
    await putClient('plain', 'not a ciphertext');
    const before = await primary();
    await rotate();
    const { body } = await one.admin.get('/v1/admin/encryption/rotations/current');
    expect(body).toMatchObject({ state: 'finished', unreadable_count: 2 });
    const named = { table: 'oauth_client', column: 'client_secret' };
    expect(body.unreadable).toEqual(
      expect.arrayContaining([
        { ...named, row: 'moved', key_id: before },
        { ...named, row: 'plain', key_id: null },
      ]),
    );
    expect(await secretOf('good')).toContain(await primary());
    expect((await keys()).find(({ id }) => id === before)?.status).toBe('active');
    await behind.query('truncate oauth_client');
    await rotate();
    expect((await keys()).find(({ id }) => id === before)?.status).toBe('retired');
  });
});

describe('three rotations under load', () => {
  it('fail no request, although their process is killed twice', async () => {
    for (let index = 0; index < 2_000; index++) await putConnection(one, index);
    let going = true;
    let requests = 0;
    const failures: unknown[] = [];
    const expectStatus = ({ status, body }: Answer<any>, wanted: number): void => {
      requests += 1;
      if (status !== wanted) throw new Error(`${status} ${body.code} instead of ${wanted}`);
    };
    /** Stores the client of a provider in one process, which encrypts, and begins an authorization in the other, which decrypts. */
    const load = async (provider: string, index: number): Promise<void> => {
      const [reader, writer] = index % 2 ? [one, two] : [two, one];
      for (let value = 0; going; value++) {
        const begin = performance.now();
        try {
          const client = { client_id: 'id', client_secret: String(value) };
          expectStatus(await writer.admin.put(`/v1/admin/oauth-clients/${provider}`, client), 204);
          expectStatus(await reader.admin.get(`/v1/integrations/${provider}/authorize`), 200);
          const stored = await encryptionOf(reader).decrypt(await secretOf(provider), placeOf(provider));
          if (stored !== String(value)) throw new Error(`${provider} is ${stored} instead of ${value}`);
        } catch (error) {
          failures.push(error);
        }
        await delay(Math.max(0, 400 - (performance.now() - begin)));
      }
    };
    const loads = made.map(({ key }, index) => load(key, index));

    const began = await primary();
    const variables = { DATABASE_URL: one.databaseUrl, SEER_MASTER_KEY: masterKey, ...quick };
    for (let round = 0; round < 3; round++) {
      const killed = round < 2 ? new Program('dist/test/support/rotating-process.js', variables) : undefined;
      // It takes its time to start; the rotation does not wait for it.
      await killed?.says('waiting');
      const { keyId } = await rotationOf(one).begin();
      if (killed) {
        await killed.says('rotating');
        await delay(200 + round * 700);
        await killed.stop('SIGKILL');
        expect((await rotationOf(one).status()).rotation).toMatchObject({ keyId, state: 'running' });
      }
      await rotationOf(one).advance(never);
    }
    going = false;
    await Promise.all(loads);

    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(1_000);
    expect(await keysInUse()).toEqual([await primary()]);
    expect((await keys()).filter(({ status }) => status !== 'retired')).toEqual([
      { id: await primary(), status: 'primary' },
    ]);
    expect((await keys()).find(({ id }) => id === began)?.status).toBe('retired');
  });
});

/** Resolves when it holds, or when it throws what is expected. */
async function until(holds: () => boolean, message?: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      if (holds()) return;
    } catch (error) {
      if (message !== undefined && (error as Error).message.includes(message)) return;
    }
    await delay(100);
  }
  throw new Error('did not happen within ten seconds');
}
