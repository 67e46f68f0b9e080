/** The database has migrations that this build does not know: it belongs to a newer Seer. */
export class DatabaseTooNewError extends Error {
  override readonly name = 'DatabaseTooNewError';

  constructor(unknown: readonly string[]) {
    super(
      `The database has the migration ${unknown.join(', ')}, which this build of Seer does not know. Start the newer ` +
        'build, or restore the backup that belongs to this one.',
    );
  }
}

/** The database lacks migrations of this build, and the process was told not to migrate. */
export class SchemaOutdatedError extends Error {
  override readonly name = 'SchemaOutdatedError';

  constructor(pending: readonly string[]) {
    super(
      `The database lacks ${pending.join(', ')}, and SEER_MIGRATE is off. Run "npm run -s seer -- migrate" with this build ` +
        'first. Nothing was changed.',
    );
  }
}

/** No connection to the database can be had. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DatabaseUnreachableError';

  constructor(cause: Error & { code?: string }) {
    super(`The database cannot be reached: ${cause.message || cause.code}. Look at DATABASE_URL and at its server.`, {
      cause,
    });
  }
}
