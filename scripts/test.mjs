// `npm test`: the whole suite on its own database, from a fresh checkout. Arguments go to Jest: `npm test -- users`.
import { join } from 'node:path';
import { build, install, node, run } from './prepare.mjs';

install();
build('tsconfig.json');
const jest = join('node_modules', 'jest', 'bin', 'jest.js');
run(node, ['--no-warnings', jest, ...process.argv.slice(2)]);
