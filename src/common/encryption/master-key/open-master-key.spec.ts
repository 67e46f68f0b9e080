import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { readEnvironment } from '../../config/read-environment.js';
import { openMasterKey } from './open-master-key.js';

const keyText = Buffer.alloc(32, 3).toString('base64');
const external = { DATABASE_URL: 'postgres://db.internal/seer' };
let directory: string;
let file: string;
let warnings: string[];

const open = (variables: Record<string, string>, firstStart: boolean) =>
  openMasterKey(readEnvironment({ SEER_DATA_DIR: directory, ...variables }), firstStart);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'seer-master-key-'));
  file = join(directory, 'master.key');
  warnings = [];
  Logger.overrideLogger({ log: () => {}, error: () => {}, warn: (message: string) => warnings.push(message) });
});

afterEach(async () => {
  Logger.overrideLogger(true);
  await rm(directory, { recursive: true });
});

describe('the master key of an embedded installation', () => {
  it('is made at the first start, in a file that only its owner can open, with advice to back it up', async () => {
    await open({}, true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(Buffer.from(await readFile(file, 'utf8'), 'base64')).toHaveLength(32);
    expect(warnings).toEqual([expect.stringContaining(`A new master key was created in ${file}. Back this file up`)]);
    expect(warnings[0]).not.toContain((await readFile(file, 'utf8')).trim());
  });

  it('is the same at the next start, and the file is not written again', async () => {
    const first = await open({}, true);
    const text = await readFile(file, 'utf8');
    expect((await open({}, true)).id).toBe(first.id);
    expect((await open({}, false)).id).toBe(first.id);
    expect(await readFile(file, 'utf8')).toBe(text);
    expect(warnings).toHaveLength(1);
  });

  it('is random', async () => {
    const first = await open({}, true);
    await rm(file);
    expect((await open({}, true)).id).not.toBe(first.id);
  });

  it('is not made anew when the file is gone and the database has keys', async () => {
    await expect(open({}, false)).rejects.toThrow(
      'The master key that protects the secrets of this database is missing: SEER_MASTER_KEY is not set and the file ' +
        `${file} (SEER_MASTER_KEY_FILE) does not exist. Restore the key from its backup. Nothing was changed.`,
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it('is not made in a file outside the data directory: that one was named by the operator', async () => {
    const mounted = join(directory, 'secrets', 'key');
    await expect(open({ SEER_MASTER_KEY_FILE: mounted }, true)).rejects.toThrow(`${mounted} does not exist`);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('the master key of an installation with a database of its own', () => {
  it('is never made, and the refusal says how to make one', async () => {
    await expect(open(external, true)).rejects.toThrow(
      'There is no master key to encrypt secrets with: set SEER_MASTER_KEY to the output of "openssl rand -base64 32"',
    );
    expect(await readdir(directory)).toEqual([]);
  });

  it('is that of SEER_MASTER_KEY, of the file that is named, or of the one in the data directory', async () => {
    const named = join(directory, 'named');
    await writeFile(named, `${keyText}\n`, { mode: 0o600 });
    const byFile = await open({ ...external, SEER_MASTER_KEY_FILE: named }, true);
    const byVariable = await open({ ...external, SEER_MASTER_KEY: keyText }, true);
    await writeFile(file, keyText, { mode: 0o600 });
    const byDefault = await open(external, true);
    expect([byFile.id, byDefault.id]).toEqual([byVariable.id, byVariable.id]);
    expect(byVariable.source).toBe('SEER_MASTER_KEY');
    expect(byFile.source).toBe(`the file ${named} (SEER_MASTER_KEY_FILE)`);
    expect(warnings).toEqual([]);
  });
});

describe('a master key file', () => {
  it.each([
    ['is empty', ''],
    ['is short', 'c2hvcnQ='],
    ['is garbage', '\u0000\u0001 not a key'],
  ])('that %s is refused by name and left as it is', async (_what, text) => {
    await writeFile(file, text, { mode: 0o600 });
    await expect(open({}, true)).rejects.toThrow(`The master key in the file ${file} (SEER_MASTER_KEY_FILE) must be`);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('that is a directory is refused by name', async () => {
    await expect(open({ SEER_MASTER_KEY_FILE: directory }, true)).rejects.toThrow(
      `The master key file ${directory} (SEER_MASTER_KEY_FILE) cannot be read: EISDIR.`,
    );
  });

  it('that is a link to nowhere is not made elsewhere', async () => {
    await symlink(join(directory, 'elsewhere'), file);
    await expect(open({}, true)).rejects.toThrow(`${file} (SEER_MASTER_KEY_FILE) cannot be created: EEXIST.`);
    expect(await readdir(directory)).toEqual(['master.key']);
  });

  it.each(['640', '604', '620'])(
    'that others may open (%s) is used, with a warning that says what to do',
    async (mode) => {
      await writeFile(file, keyText);
      await chmod(file, mode);
      await open({}, false);
      expect(warnings).toEqual([expect.stringContaining(`close it with: chmod 600 ${file}`)]);
    },
  );
});
