import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A guard that is taken out of a copy of the program, to see that the tests notice. */
export interface Patch {
  /** Below `dist/src`. */
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
}

/** @returns the main script of a copy of the compiled program that has these patches */
export async function patchedBuild(name: string, patches: readonly Patch[]): Promise<string> {
  // Inside the project, so that its dependencies are found.
  const home = join('.build', `without-${name}`);
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await cp('package.json', join(home, 'package.json'));
  await cp(join('dist', 'src'), join(home, 'dist', 'src'), { recursive: true });
  for (const { file, from, to } of patches) {
    const path = join(home, 'dist', 'src', file);
    const text = await readFile(path, 'utf8');
    const patched = text.replaceAll(from, to);
    if (patched === text) throw new Error(`${file} does not hold ${String(from)}`);
    await writeFile(path, patched);
  }
  return join(home, 'dist', 'src', 'main.js');
}
