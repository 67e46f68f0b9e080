import { spawn } from 'node:child_process';
import { node } from './prepare.mjs';

/** Runs a program until it ends by itself or is asked to, and ends as it does. */
export function serve(script, args = []) {
  const server = spawn(node, ['--enable-source-maps', script, ...args], { stdio: 'inherit' });
  // A terminal's Ctrl+C reaches the server by itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  server.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 0 : 1)));
}
