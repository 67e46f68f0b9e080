import { defineCheck, fail, ok, warn } from './define-check.js';

/** The lowest `server_version_num` that Seer works with. */
const LEAST_VERSION = 15_00_00;

export const database = defineCheck({
  name: 'database',
  needsDatabase: true,
  async look({ client }) {
    const { rows } = await client.query<Facts>(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
              pg_is_in_recovery() as standby, current_setting('fsync') as fsync,
              current_setting('synchronous_commit') as commits`,
    );
    const { version, number, standby, fsync, commits } = rows[0]!;
    if (number < LEAST_VERSION) {
      return fail(`PostgreSQL ${version} is too old.`, 'Seer needs PostgreSQL 15 or later.');
    }
    if (standby) return fail('It is a standby, which cannot be written to.', 'Name the primary in DATABASE_URL.');
    if (fsync === 'off' || commits === 'off') {
      return warn(
        `PostgreSQL ${version} has fsync ${fsync} and synchronous_commit ${commits}: a crash loses what was acknowledged.`,
        'Set both to on.',
      );
    }
    return ok(`PostgreSQL ${version} answers.`);
  },
});

interface Facts {
  version: string;
  number: number;
  standby: boolean;
  fsync: string;
  commits: string;
}
