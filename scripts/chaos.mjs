// `npm run test:chaos`: the durability promises under SIGKILL, SIGSTOP, SIGTERM and restarts of PostgreSQL, on real
// processes. SEER_CHAOS_SEED=<n> repeats a run's choices; arguments go to Jest: `npm run test:chaos -- kill`.
import { join } from 'node:path';
import { build, install, node, run } from './prepare.mjs';

install();
build('tsconfig.json');
const seed = process.env.SEER_CHAOS_SEED ?? String(Date.now() % 1_000_000);
console.log(`SEER_CHAOS_SEED=${seed}`);
const jest = join('node_modules', 'jest', 'bin', 'jest.js');
const options = ['--no-warnings', jest, '--config', 'jest.chaos.config.mjs'];
run(node, [...options, ...process.argv.slice(2)], { env: { ...process.env, SEER_CHAOS_SEED: seed } });
