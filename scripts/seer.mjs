#!/usr/bin/env node
// `npm run -s seer -- <command>`: what an operator does on the command line, such as `encryption rotate`.
import { join } from 'node:path';
import { build, install, node, run } from './prepare.mjs';

install();
build('tsconfig.build.json');
run(node, ['--enable-source-maps', join('dist', 'src', 'cli.js'), ...process.argv.slice(2)]);
