import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MikroORM } from '@mikro-orm/postgresql';
import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { AuditModule } from '../src/common/audit/audit.module.js';
import { ConfigModule } from '../src/common/config/config.module.js';
import { readEnvironment } from '../src/common/config/read-environment.js';
import { DatabaseModule } from '../src/common/database/database.module.js';
import { ormOptions } from '../src/common/database/orm-options.js';
import { makeSealingKey, seal, type SealingKey } from '../src/common/encryption/ciphertext.js';
import { EncryptionKey } from '../src/common/encryption/encryption-key.entity.js';
import { encryptionEntities } from '../src/common/encryption/entities.js';
import { CiphertextError, EncryptionUnavailableError } from '../src/common/encryption/encryption.errors.js';
import { EncryptionModule } from '../src/common/encryption/encryption.module.js';
import { EncryptionService } from '../src/common/encryption/encryption.service.js';
import { localMasterKey, parseMasterKey } from '../src/common/encryption/master-key/local-master-key.js';
import { createTestDatabase } from './support/database.js';

const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
const place = { table: 'integration_secret', column: 'value', row: 'res_1', owner: '7' };
const masterKey = randomBytes(32).toString('base64');
const withoutKey = { DATABASE_URL: 'postgres://db.example.com/seer' };
const external = { ...withoutKey, SEER_MASTER_KEY: masterKey };
const embedded = {};

let url: string;
let orm: MikroORM;
let directory: string;
let instances: TestingModule[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  url = await createTestDatabase();
  orm = await MikroORM.init(ormOptions({ url, entities: encryptionEntities }));
});

afterAll(async () => {
  await orm.close();
  Logger.overrideLogger(true);
});

beforeEach(async () => {
  await orm.em.execute('truncate encryption_key');
  directory = await mkdtemp(join(tmpdir(), 'seer-encryption-'));
});

afterEach(async () => {
  await Promise.all(instances.map((each) => each.close()));
  instances = [];
  await rm(directory, { recursive: true });
});

/** Starts what a process of Seer starts for encryption, with connections of its own. */
async function start(variables: Record<string, string>): Promise<EncryptionService> {
  const environment = readEnvironment({ SEER_DATA_DIR: directory, ...variables });
  const module = await Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(environment),
      AuditModule.forRoot({ userOf: () => undefined, otherwise: 'system' }),
      DatabaseModule.forRoot(encryptionEntities, { url, port: 0, close: async () => {} }),
      EncryptionModule.forRoot([]),
    ],
  }).compile();
  instances.push(module);
  await module.init();
  return module.get(EncryptionService);
}

const refusalOf = (variables: Record<string, string>) =>
  start(variables).then(
    () => undefined,
    (error: Error) => error,
  );

const rows = () => orm.em.execute<Record<string, string>[]>('select * from encryption_key order by created_at, id');

const master = localMasterKey(parseMasterKey(masterKey, 'SEER_MASTER_KEY'), 'SEER_MASTER_KEY');
const keyPlace = (column: string, id: string) => ({ table: 'encryption_key', column, row: id, owner: 'seer' });

/** What a rotation does: one more data key, wrapped by the master key. */
async function addKey(status: EncryptionKey['status'], id?: string): Promise<SealingKey> {
  const made = makeSealingKey();
  const key = { ...made, id: id ?? made.id };
  const row = new EncryptionKey({
    id: key.id,
    status,
    wrappedKey: await master.wrap(key.secret, keyPlace('wrapped_key', key.id)),
    masterKeyId: master.id,
    canary: seal('canary', key, keyPlace('canary', key.id)),
  });
  if (status === 'retired') row.retiredAt = new Date();
  await orm.em.fork().persist(row).flush();
  return key;
}

describe('the first start', () => {
  it('makes one primary key, however many processes start at once, and each opens what the others encrypt', async () => {
    const services = await Promise.all(Array.from({ length: 6 }, () => start(external)));
    expect(await rows()).toEqual([expect.objectContaining({ status: 'primary', retired_at: null })]);
    const ciphertexts = services.map((service, index) => service.encrypt(`secret ${index}`, place));
    for (const service of services) {
      const opened = await Promise.all(ciphertexts.map((each) => service.decrypt(each, place)));
      expect(opened).toEqual(services.map((_, i) => `secret ${i}`));
    }
  });

  it('of embedded processes makes one key file, readable by its owner only', async () => {
    const [one, two] = await Promise.all([start(embedded), start(embedded), start(embedded)]);
    expect(await readdir(directory)).toEqual(['master.key']);
    expect((await stat(join(directory, 'master.key'))).mode & 0o777).toBe(0o600);
    expect(await rows()).toHaveLength(1);
    expect(await two.decrypt(one.encrypt('shared', place), place)).toBe('shared');
  });

  it('stores neither the master key nor the data key in a form that can be read', async () => {
    await start(external);
    const [row] = await rows();
    const dataKey = await master.unwrap(row!.wrapped_key!, keyPlace('wrapped_key', row!.id!));
    for (const secret of [Buffer.from(masterKey, 'base64'), dataKey.export()]) {
      for (const encoding of ['base64', 'base64url', 'hex', 'latin1'] as const) {
        expect(JSON.stringify(row)).not.toContain(secret.toString(encoding).slice(0, 20));
      }
    }
  });

  it('without a master key is refused when the database is not the embedded one, and writes nothing', async () => {
    const error = await refusalOf(withoutKey);
    expect(error).toBeInstanceOf(EncryptionUnavailableError);
    expect(error?.message).toMatch(/set SEER_MASTER_KEY to the output of "openssl rand -base64 32"/);
    expect(await rows()).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a later start', () => {
  it('opens what was encrypted before, and only where it was', async () => {
    const ciphertext = (await start(external)).encrypt('kept', place);
    const later = await start(external);
    expect(await later.decrypt(ciphertext, place)).toBe('kept');
    await expect(later.decrypt(ciphertext, { ...place, owner: '8' })).rejects.toThrow(CiphertextError);
    expect(await rows()).toHaveLength(1);
  });

  it('with the wrong master key is refused by the name of its variable, and changes nothing', async () => {
    await start(external);
    const before = await rows();
    const error = await refusalOf({ ...external, SEER_MASTER_KEY: randomBytes(32).toString('base64') });
    expect(error).toBeInstanceOf(EncryptionUnavailableError);
    expect(error).toMatchObject({ code: 'encryption-unavailable' });
    expect(error?.message).toMatch(
      /^The master key in SEER_MASTER_KEY is local:\w{16}, but .* wrapped by local:\w{16}\./,
    );
    expect(await rows()).toEqual(before);
  });

  it('of a whole process with the wrong master key ends, with a reason and an exit code', async () => {
    await start(external);
    const wrongKey = randomBytes(32).toString('base64');
    const env = { DATABASE_URL: url, SEER_DATA_DIR: directory, PORT: '0', SEER_MASTER_KEY: wrongKey };
    const error = await promisify(execFile)(process.execPath, [main], { env, timeout: 60_000 }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: 1, stderr: expect.stringContaining('The master key in SEER_MASTER_KEY is') });
    expect(JSON.stringify(error)).not.toContain(wrongKey);
  });

  it('with the wrong master key file is refused by the name of the file, which stays as it is', async () => {
    await start(embedded);
    const before = await rows();
    const file = join(directory, 'master.key');
    await writeFile(file, masterKey);
    await expect(start(embedded)).rejects.toThrow(
      `The master key in the file ${file} (SEER_MASTER_KEY_FILE) is local:`,
    );
    expect(await readFile(file, 'utf8')).toBe(masterKey);
    expect(await rows()).toEqual(before);
  });

  it('whose master key file is gone is refused, and no new file is made', async () => {
    await start(embedded);
    const before = await rows();
    await rm(join(directory, 'master.key'));
    const error = await refusalOf(embedded);
    expect(error).toBeInstanceOf(EncryptionUnavailableError);
    expect(error?.message).toContain('master.key (SEER_MASTER_KEY_FILE) does not exist. Restore the key');
    expect(await readdir(directory)).toEqual([]);
    expect(await rows()).toEqual(before);
  });

  it('leaves the key file as it is', async () => {
    await start(embedded);
    const before = await readFile(join(directory, 'master.key'), 'utf8');
    await start(embedded);
    expect(await readFile(join(directory, 'master.key'), 'utf8')).toBe(before);
  });
});

describe('the table of keys', () => {
  it('may hold active keys, which still decrypt, and retired ones, which do not', async () => {
    const active = await addKey('active');
    const retired = await addKey('retired');
    const primary = await addKey('primary');
    const service = await start(external);
    expect(await service.decrypt(seal('older', active, place), place)).toBe('older');
    await expect(service.decrypt(seal('oldest', retired, place), place)).rejects.toThrow(CiphertextError);
    expect(service.encrypt('new', place)).toContain(primary.id);
  });

  it.each([
    ['the wrapped key of one row stands in another', 'wrapped_key'],
    ['the canary of one row stands in another', 'canary'],
  ])('stops the start when %s', async (_what, column) => {
    const [one, two] = [await addKey('primary'), await addKey('active')];
    await orm.em.execute(
      `update encryption_key set ${column} = (select ${column} from encryption_key where id = ?) where id = ?`,
      [two.id, one.id],
    );
    const error = await refusalOf(external);
    expect(error).toBeInstanceOf(EncryptionUnavailableError);
    expect(error?.message).toContain(
      `The encryption key ${one.id} does not open with the master key in SEER_MASTER_KEY`,
    );
  });

  it('stops the start when another data key was wrapped into a row by the right master key: its canary tells', async () => {
    const { id } = await addKey('primary');
    const before = await rows();
    await orm.em.execute('truncate encryption_key');
    await addKey('primary', id);
    await orm.em.execute('update encryption_key set canary = ?', [before[0]!.canary]);
    await expect(start(external)).rejects.toThrow(`The encryption key ${id} does not open`);
  });

  it('stops the start when none of its keys is primary, rather than making another', async () => {
    await addKey('active');
    await addKey('retired');
    await expect(start(external)).rejects.toThrow('The table encryption_key has keys but no primary one');
    expect(await rows()).toHaveLength(2);
  });

  it.each([
    ['a second primary key', "update encryption_key set status = 'primary'", 'encryption_key_one_primary'],
    ['a status that does not exist', "update encryption_key set status = 'lost'", 'encryption_key_status_check'],
    ['a retired key without a date', "update encryption_key set status = 'retired'", 'encryption_key_retired_at'],
    ['a date on a key in use', 'update encryption_key set retired_at = now()', 'encryption_key_retired_at'],
  ])('refuses %s', async (_what, change, constraint) => {
    await addKey('primary');
    await addKey('active');
    await expect(orm.em.execute(change)).rejects.toThrow(constraint);
  });
});
