// `npm run bench [-- job …]`: the standard jobs on this machine, one JSON line each, and a table of ratios at the end.
import { join } from 'node:path';
import { build, install, node, run } from './prepare.mjs';

install();
build('tsconfig.json');
run(node, ['--no-warnings', join('dist', 'bench', 'main.js'), ...process.argv.slice(2)]);
