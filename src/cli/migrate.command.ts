import { migrateSchema } from '../prepare-schema.js';
import { defineCommand } from './define-command.js';

export const migrate = defineCommand({
  words: 'migrate',
  summary: 'Bring the database to the schema of this build.',
  help: [
    'Every start does the same, unless SEER_MIGRATE=off. All or nothing; processes of the build before may go on meanwhile.',
    'Prints the names of the migrations that ran. What is pending, "seer doctor" says.',
  ].join('\n'),
  async run({ openDatabase, print }) {
    const { url } = await openDatabase();
    const ran = await migrateSchema(url);
    for (const name of ran) print(`${name} is done`);
    if (ran.length === 0) print('The database is up to date.');
  },
});
