// `npm run migration:create|up|down|check`: MikroORM's commands on the built tree. `create` and `check` compare the
// entities with the schema snapshot and need no database; `up` and `down` work on DATABASE_URL.
import { join } from 'node:path';
import { build, install, node, run } from './prepare.mjs';

install();
build('tsconfig.build.json');
const [command, ...rest] = process.argv.slice(2);
const cli = join('node_modules', '@mikro-orm', 'cli', 'cli.js');
const offline = command === 'create' || command === 'check';
if (!offline && !process.env.DATABASE_URL) {
  console.error(`DATABASE_URL must name the database for migration:${command}.`);
  process.exit(1);
}
const env = { ...process.env, DATABASE_URL: process.env.DATABASE_URL ?? 'postgresql://offline/seer' };
run(node, [cli, `migration:${command}`, '--config', join('dist', 'mikro-orm.config.js'), ...rest], { env });
