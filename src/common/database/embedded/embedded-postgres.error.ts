export type EmbeddedPostgresErrorCode =
  | 'unsupported-platform'
  | 'binaries-missing'
  | 'no-unprivileged-user'
  | 'directory-not-usable'
  | 'directory-busy'
  | 'credentials-missing'
  | 'credentials-refused'
  | 'wrong-version'
  | 'initialisation-failed'
  | 'port-in-use'
  | 'start-failed'
  | 'start-timeout'
  | 'stop-timeout';

/** The embedded PostgreSQL could not be started or stopped; the message says which file or setting to look at. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
