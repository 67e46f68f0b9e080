// `npm run test:scale`: the tests of lists and look-ups among 1,000,000 runs in place of 100,000; a minute.
import { join } from 'node:path';
import { build, install, node, run } from './prepare.mjs';

install();
build('tsconfig.json');
const env = { ...process.env, SEER_SCALE_RUNS: '1000000' };
run(node, ['--no-warnings', join('node_modules', 'jest', 'bin', 'jest.js'), '--testPathPatterns', 'lists.e2e'], {
  env,
});
