// `npm run build`: the compiled tree in `dist`.
import { build, install } from './prepare.mjs';

install();
build('tsconfig.build.json');
