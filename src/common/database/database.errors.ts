import { DomainError } from '../errors.js';

/** The database does not answer; the caller may try again soon. */
export class DatabaseUnavailableError extends DomainError {
  readonly code = 'database-unavailable';
  readonly kind = 'unavailable';
  override readonly retryAfter = 2;

  constructor(reason: string) {
    super(`The database is not available right now (${reason}). Nothing was changed; try again in a moment.`);
  }
}

/** SQLSTATE classes that mean "away or stopping", and Node's codes for a connection that can't be had. */
const unavailableStates = /^(08|57P0[1-5]|53300|53400|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;

/** Translates a driver's error that says the database is away, else undefined. */
export function asDatabaseUnavailable(error: unknown): DatabaseUnavailableError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const code = 'code' in cause ? String(cause.code) : '';
    // A unix socket that is gone: the server was stopped in good order.
    const gone = code === 'ENOENT' && 'syscall' in cause && cause.syscall === 'connect';
    if (gone || unavailableStates.test(code)) return new DatabaseUnavailableError(code);
    // node-postgres gives these no code.
    if (
      /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
        cause.message,
      )
    ) {
      return new DatabaseUnavailableError('connection lost');
    }
  }
  return undefined;
}
