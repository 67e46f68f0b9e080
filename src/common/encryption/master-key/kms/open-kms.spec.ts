import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../../config/read-environment.js';
import { makeSealingKey } from '../../ciphertext.js';
import { EncryptionUnavailableError } from '../../encryption.errors.js';
import type { Place } from '../../place.js';
import { MasterKeyRefusedError, type MasterKeyProvider } from '../master-key-provider.js';
import { type KmsServer, startAwsKms, startGcpKms, startVault } from './kms-servers.spec-helper.js';
import { openKms } from './open-kms.js';

const place: Place = { table: 'encryption_key', column: 'wrapped_key', row: '0123456789abcdef', owner: 'seer' };
const { secret } = makeSealingKey();
const variables = { ...process.env };
let directory: string;
let kms: KmsServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seer-kms-'));
});

afterEach(async () => {
  await kms.close();
  process.env = { ...variables };
  await rm(directory, { recursive: true });
});

/** Each service: how it is started, how its clients sign in, and the URI of a key. */
const services: Record<string, { start(): Promise<KmsServer>; signIn(): Promise<void>; uri(key: string): string }> = {
  'AWS KMS': {
    start: startAwsKms,
    async signIn() {
      process.env.AWS_ENDPOINT_URL_KMS = kms.url;
      process.env.AWS_ACCESS_KEY_ID = 'AKIATEST';
      process.env.AWS_SECRET_ACCESS_KEY = 'secret';
    },
    uri: (key) => `aws-kms://arn:aws:kms:eu-central-1:111122223333:key/${key}`,
  },
  'Google Cloud KMS': {
    start: startGcpKms,
    async signIn() {
      await writeFile(join(directory, 'subject-token'), 'a token of the platform');
      const credentials = {
        type: 'external_account',
        audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `${kms.url}/token`,
        credential_source: { file: join(directory, 'subject-token') },
      };
      // Else it is looked up, at another service.
      process.env.GOOGLE_CLOUD_PROJECT = 'p';
      process.env.GOOGLE_APPLICATION_CREDENTIALS = join(directory, 'credentials.json');
      await writeFile(process.env.GOOGLE_APPLICATION_CREDENTIALS, JSON.stringify(credentials));
    },
    uri: (key) => `gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/${key}?endpoint=${kms.url}`,
  },
  Vault: {
    start: startVault,
    signIn: async () => {},
    uri: (key) => `vault-transit://127.0.0.1:${kms.port}/transit/${key}`,
  },
};

const openKey = (uri: string, token = 'hvs.test'): Promise<MasterKeyProvider> =>
  openKms(uri, 'SEER_MASTER_KEY_KMS', readEnvironment({ VAULT_TOKEN: token }));

describe.each(Object.entries(services))('a master key in %s', (service, { start, signIn, uri }) => {
  let master: MasterKeyProvider;

  beforeEach(async () => {
    kms = await start();
    await signIn();
    master = await openKey(uri('one'));
  });

  it('unwraps the data key that it wrapped, in another process as well', async () => {
    const wrapped = await master.wrap(secret, place);
    expect((await (await openKey(uri('one'))).unwrap(wrapped, place)).equals(secret)).toBe(true);
    expect(wrapped).not.toContain(secret.export().toString('base64').slice(0, 20));
  });

  it('refuses what another key of the same service wrapped', async () => {
    const wrapped = await (await openKey(uri('two'))).wrap(secret, place);
    await expect(master.unwrap(wrapped, place)).rejects.toThrow(MasterKeyRefusedError);
  });

  it('refuses what it wrapped for another data key', async () => {
    const wrapped = await master.wrap(secret, place);
    for (const moved of [{ row: 'fedcba9876543210' }, { column: 'canary' }, { table: 't' }, { owner: '7' }]) {
      await expect(master.unwrap(wrapped, { ...place, ...moved })).rejects.toThrow(MasterKeyRefusedError);
    }
  });

  it('refuses what was altered', async () => {
    const wrapped = await master.wrap(secret, place);
    const [head, text] = wrapped.startsWith('vault:v1:') ? ['vault:v1:', wrapped.slice(9)] : ['', wrapped];
    const altered = Buffer.from(text, 'base64');
    altered[altered.length - 1]! ^= 1;
    await expect(master.unwrap(head + altered.toString('base64'), place)).rejects.toThrow(MasterKeyRefusedError);
    await expect(master.unwrap(`${head}AAAA`, place)).rejects.toThrow(MasterKeyRefusedError);
  });

  it('says within 5 s that the service is down, and nothing about the data key', async () => {
    const wrapped = await master.wrap(secret, place);
    await kms.close();
    const begin = Date.now();
    const error = await master.unwrap(wrapped, place).catch((e: unknown) => e as Error);
    expect(Date.now() - begin).toBeLessThan(5_000);
    expect(error).toBeInstanceOf(EncryptionUnavailableError);
    expect((error as Error).message).toMatch(
      new RegExp(
        `^${service}.* cannot be used for the master key in SEER_MASTER_KEY_KMS: .+\\. Nothing was changed\\.$`,
      ),
    );
  });

  it('says within 5 s that the service does not answer', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    process.env.AWS_ENDPOINT_URL_KMS = `http://127.0.0.1:${port}`;
    const deaf = await openKey(uri('one').replace(String(kms.port), String(port)));
    const begin = Date.now();
    await expect(deaf.wrap(secret, place)).rejects.toThrow('no answer within 4 s');
    expect(Date.now() - begin).toBeLessThan(5_000);
    silent.closeAllConnections();
    silent.close();
  });

  it('does not take a refusal of access for an altered data key', async () => {
    const wrapped = await master.wrap(secret, place);
    const body = {
      __type: 'AccessDeniedException',
      message: 'not allowed',
      error: { message: 'not allowed' },
      errors: ['not allowed'],
    };
    kms.answerWith = { status: service === 'AWS KMS' ? 400 : 403, body };
    await expect(master.unwrap(wrapped, place)).rejects.toThrow(EncryptionUnavailableError);
    await expect(master.wrap(secret, place)).rejects.toThrow(EncryptionUnavailableError);
  });
});

describe('the URI of a master key', () => {
  beforeEach(async () => {
    kms = await startVault();
  });

  it.each([
    ['another service', 'azure-kv://vault/key', /must begin with aws-kms:\/\/, gcp-kms:\/\/, vault-transit:\/\/\./],
    ['no URI', 'arn:aws:kms:eu-central-1:111122223333:key/one', /must begin with/],
    ['an alias', 'aws-kms://arn:aws:kms:eu-central-1:111122223333:alias/seer', /by its ARN/],
    ['a key version', 'gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1', /name a key/],
    ['no mount', 'vault-transit://vault.example.com/key', /vault-transit:\/\/<host>/],
  ])('is refused by the name of its variable: %s', async (_what, uri, message) => {
    const error = await openKey(uri).catch((e: unknown) => e as Error);
    expect(error).toBeInstanceOf(EncryptionUnavailableError);
    expect((error as Error).message).toMatch(/^SEER_MASTER_KEY_KMS must/);
    expect((error as Error).message).toMatch(message);
  });

  it('is the one place that a client of Vault reaches: no redirect is followed', async () => {
    const master = await openKey(`vault-transit://127.0.0.1:${kms.port}/transit/one`);
    kms.answerWith = { status: 307, body: {} };
    await expect(master.wrap(secret, place)).rejects.toThrow('status 307');
    expect(kms.requests).toEqual(['/v1/transit/encrypt/one']);
  });
});
