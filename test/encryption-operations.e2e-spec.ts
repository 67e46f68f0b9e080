import { randomBytes } from 'node:crypto';
import { EncryptionService } from '../src/common/encryption/encryption.service.js';
import { type KmsServer, startVault } from '../src/common/encryption/master-key/kms/kms-servers.spec-helper.js';
import { startApp, type TestApp } from './support/app.js';
import { makeCaller } from './support/callers.js';
import { runSeer } from './support/command-line.js';
import { connect, createTestDatabase } from './support/database.js';
import { subscribeEcho } from './support/triggers.js';

const place = { table: 'oauth_client', column: 'client_secret', row: 'github', owner: 'seer' };
const newMasterKey = () => randomBytes(32).toString('base64');

const quick = { SEER_KEY_POLL_MS: '500' };

let vault: KmsServer;
let url: string;
const running: TestApp[] = [];

beforeAll(async () => {
  vault = await startVault();
});

afterAll(() => vault.close());

beforeEach(async () => {
  url = await createTestDatabase();
});

afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function start(variables: Record<string, string>): Promise<TestApp> {
  const app = await startApp({ ...quick, ...variables }, url);
  running.push(app);
  return app;
}

/** `npm run -s seer -- …`, with the master key that is given. */
const seer = (words: string, variables: Record<string, string> = {}) =>
  runSeer(words.split(' '), { DATABASE_URL: url, ...quick, ...variables });

async function rows(): Promise<Record<string, string>[]> {
  const client = await connect(url);
  const found = await client.query('select * from encryption_key order by created_at, id');
  await client.end();
  return found.rows;
}

const inVault = (key: string) => ({
  SEER_MASTER_KEY: '',
  SEER_MASTER_KEY_KMS: `vault-transit://127.0.0.1:${vault.port}/transit/${key}`,
  VAULT_TOKEN: 'hvs.test',
});

describe('a start with a key management service', () => {
  it('encrypts, and a later one decrypts', async () => {
    const ciphertext = (await start(inVault('seer'))).app.get(EncryptionService).encrypt('shh', place);
    expect((await rows())[0]).toMatchObject({ master_key_id: 'vault-transit:transit/seer' });
    expect(await (await start(inVault('seer'))).app.get(EncryptionService).decrypt(ciphertext, place)).toBe('shh');
  });

  it.each([
    [
      'another key',
      () => inVault('other'),
      /^The master key in SEER_MASTER_KEY_KMS is vault-transit:transit\/other, but/,
    ],
    [
      'a wrong token',
      () => ({ ...inVault('seer'), VAULT_TOKEN: 'hvs.no' }),
      /^Vault at .* permission denied\. Nothing/,
    ],
    [
      'a server that is down',
      () => ({ ...inVault('seer'), SEER_MASTER_KEY_KMS: 'vault-transit://127.0.0.1:1/transit/seer' }),
      /^Vault at http:\/\/127\.0\.0\.1:1 cannot be used for the master key in SEER_MASTER_KEY_KMS: /,
    ],
  ])('is refused within 5 s with %s, and writes nothing', async (_what, variables, message) => {
    await start(inVault('seer'));
    const before = await rows();
    const begin = Date.now();
    await expect(start(variables())).rejects.toThrow(message);
    expect(Date.now() - begin).toBeLessThan(5_000);
    expect(await rows()).toEqual(before);
  });

  it('makes no key when the service is down at the first start', async () => {
    await expect(start({ ...inVault('seer'), VAULT_TOKEN: 'hvs.no' })).rejects.toThrow('permission denied');
    expect(await rows()).toEqual([]);
  });
});

describe('npm run -s seer -- encryption rewrap', () => {
  it('moves the data keys to another master key: values and processes stay, the old master key opens nothing', async () => {
    const old = newMasterKey();
    const app = await start({ SEER_MASTER_KEY: old });
    const ciphertext = app.app.get(EncryptionService).encrypt('kept', place);
    const derived = app.app.get(EncryptionService).deriveKey('approval');
    await seer('encryption rotate', { SEER_MASTER_KEY: old });

    const rewrapped = await seer('encryption rewrap', { ...inVault('seer'), SEER_OLD_MASTER_KEY: old });
    expect(rewrapped).toMatchObject({ code: 0, output: expect.stringMatching(/(\w{16} is now under vault-.*\n){2}/) });
    expect(
      await app.app.get(EncryptionService).decrypt(app.app.get(EncryptionService).encrypt('x', place), place),
    ).toBe('x');
    const again = await seer('encryption rewrap', { ...inVault('seer'), SEER_OLD_MASTER_KEY: old });
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('All keys were under vault-') });

    await expect(start({ SEER_MASTER_KEY: old })).rejects.toThrow('wrapped by vault-transit:transit/seer');
    const later = (await start(inVault('seer'))).app.get(EncryptionService);
    expect(later.deriveKey('approval')).toEqual(derived);
    expect(ciphertext).toContain((await rows())[0]!.id);

    // The process with the old master key must not wrap further data keys with it.
    const refused = await app.admin.post('/v1/admin/encryption/rotations');
    expect(refused).toMatchObject({ status: 503, body: { code: 'encryption-unavailable' } });
    expect(await rows()).toHaveLength(2);
  });

  it('changes nothing when one of the keys opens with neither', async () => {
    const [old, wrong] = [newMasterKey(), newMasterKey()];
    await start({ SEER_MASTER_KEY: old });
    const before = await rows();
    const refused = await seer('encryption rewrap', { ...inVault('seer'), SEER_OLD_MASTER_KEY: wrong });
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/^The master key in SEER_OLD_MASTER_KEY is local:\w+, but/);
    expect(await rows()).toEqual(before);
    const missing = await seer('encryption rewrap', inVault('seer'));
    expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('set SEER_OLD_MASTER_KEY') });
  });
});

describe('npm run -s seer -- encryption rotate', () => {
  it('knows the secrets of every module: none is left under the key that it retires', async () => {
    const master = newMasterKey();
    const { admin } = await start({ SEER_MASTER_KEY: master });
    await subscribeEcho(admin, 'webhook', { verify: { type: 'standard_webhooks' } });

    expect(await seer('encryption rotate', { SEER_MASTER_KEY: master })).toMatchObject({ code: 0 });

    const [old, primary] = await rows();
    expect([old!.status, primary!.status]).toEqual(['retired', 'primary']);
    const client = await connect(url);
    const { rows: kept } = await client.query('select secret from trigger_subscription');
    await client.end();
    expect(kept).toEqual([{ secret: expect.stringMatching(`^v1\\.${primary!.id}\\.`) }]);
  });
});

describe('npm run seer', () => {
  it('shows what it can do, and ends with 2 when it does not know a command', async () => {
    expect(await seer('--help')).toMatchObject({ code: 0, output: expect.stringContaining('encryption rewrap') });
    expect(await seer('encryption rewrap --help')).toMatchObject({
      code: 0,
      output: expect.stringContaining('SEER_OLD_MASTER_KEY'),
    });
    expect(await seer('encryption burn')).toMatchObject({ code: 2, output: expect.stringContaining('no command') });
    expect(await seer('encryption status --fast')).toMatchObject({ code: 2 });
  });
});

describe('the admin API of encryption', () => {
  it('is closed to strangers, and to members whatever their key says', async () => {
    const { stranger, app, admin } = await start({});
    const member = await makeCaller(app, { scopes: ['admin', 'workflows:read'] });
    for (const path of ['keys', 'rotations/current']) {
      expect((await stranger.get(`/v1/admin/encryption/${path}`)).status).toBe(401);
      expect((await admin.as(member.token).get(`/v1/admin/encryption/${path}`)).status).toBe(403);
    }
    expect((await admin.as(member.token).post('/v1/admin/encryption/rotations')).status).toBe(403);
    expect(await rows()).toHaveLength(1);
  });

  it('shows the keys without their secrets, rotates by a job, and tells how far it is', async () => {
    const { admin } = await start({});
    const none = await admin.get('/v1/admin/encryption/rotations/current');
    expect(none).toMatchObject({ status: 404, body: { code: 'encryption-rotation-not-found' } });

    const begun = await admin.post('/v1/admin/encryption/rotations');
    expect(begun).toMatchObject({ status: 202, body: { state: 'running', finished_at: null, unreadable_count: 0 } });
    expect(begun.body.rows_left).toContainEqual({ table: 'oauth_client', column: 'client_secret', rows: 0 });
    const again = await admin.post('/v1/admin/encryption/rotations');
    expect(again.body.key_id).toBe(begun.body.key_id);

    let current = begun;
    while (current.body.state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 500));
      current = await admin.get('/v1/admin/encryption/rotations/current');
    }
    const { body } = await admin.get('/v1/admin/encryption/keys');
    expect(body.items.map(({ status }: { status: string }) => status)).toEqual(['retired', 'primary']);
    expect(JSON.stringify(body)).not.toContain((await rows())[1]!.wrapped_key);
    const status = await seer('encryption status', { SEER_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') });
    expect(status).toMatchObject({
      code: 0,
      output: expect.stringContaining(`Rotation to ${begun.body.key_id}: finished`),
    });
  });
});
