// `npm run playground`: what the example of docs/integrations.md works with.
import { join } from 'node:path';
import { build, install, root } from './prepare.mjs';
import { serve } from './serve.mjs';

install();
build('tsconfig.build.json');
serve(join(root, 'examples', 'playground.mjs'));
