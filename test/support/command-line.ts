import { execFile } from 'node:child_process';

/** What a command has left. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** Both. */
  output: string;
}

/** `npm run -s seer -- …` on the built tree, with these environment variables alone. */
export function runSeer(words: string[], variables: Record<string, string>): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: '.build/compile-cache', ...variables };
    execFile(process.execPath, ['dist/src/cli.js', ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr, output: stdout + stderr }),
    );
  });
}
