// `npm start`: everything from a fresh checkout to a running Seer.
import { join } from 'node:path';
import { build, install, root } from './prepare.mjs';
import { serve } from './serve.mjs';

install();
build('tsconfig.build.json');
serve(join(root, 'dist', 'src', 'main.js'), process.argv.slice(2));
