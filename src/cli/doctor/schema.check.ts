import { DatabaseTooNewError } from '../../common/database/schema.errors.js';
import { readSchemaState } from '../../common/database/schema-state.js';
import { jobsSchemaVersion, readJobsSchemaVersion } from '../../common/jobs/jobs-schema.js';
import { defineCheck, fail, ok, warn } from './define-check.js';

export const schema = defineCheck({
  name: 'schema',
  needsDatabase: true,
  async look({ client, environment }) {
    const { executed, pending, unknown } = await readSchemaState(client);
    if (unknown.length > 0) throw new DatabaseTooNewError(unknown);
    const jobs = (await readJobsSchemaVersion(client)) ?? 0;
    const lacking = [...pending, ...(jobs < jobsSchemaVersion ? ['the schema of jobs'] : [])];
    if (lacking.length === 0) return ok(`It is that of this build: ${executed.length} migrations.`);
    const found = executed.length === 0 ? 'The database is empty.' : `The database lacks ${lacking.join(', ')}.`;
    if (environment.migrates) return warn(found, 'The next start migrates it, as does "npm run -s seer -- migrate".');
    return fail(found, 'SEER_MIGRATE is off: run "npm run -s seer -- migrate".');
  },
});
