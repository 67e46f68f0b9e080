import { DriverException } from '@mikro-orm/core';
import { DomainError } from '../errors.js';

/** The database does not answer; the caller may try again soon. */
export class DatabaseUnavailableError extends DomainError {
  readonly code = 'database-unavailable';
  readonly kind = 'unavailable';
  override readonly retryAfter = 2;

  constructor(reason: string) {
    super(
      `The database is not available right now (${reason}). Try again in a moment, with the same Idempotency-Key if ` +
        'you sent one: whether this request was still recorded is not certain.',
    );
  }
}

/**
 * SQLSTATE classes that mean "away or stopping", or so slow that it was told to give up (57014), and Node's codes for a
 * connection that can't be had.
 */
const unavailableStates = /^(08|57014|57P0[1-5]|53300|53400|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;

/** How node-postgres words what it gives no code. */
const connectionLost =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** What an error of a driver or of Node's sockets may tell. Its class says nothing: it may be of another realm. */
interface DriverError {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

/** Translates a driver's error that says the database is away, else undefined. */
export function asDatabaseUnavailable(error: unknown): DatabaseUnavailableError | undefined {
  if (error instanceof DatabaseUnavailableError) return error;
  let cause = error;
  for (let depth = 0; depth < 5 && typeof cause === 'object' && cause !== null; depth++) {
    const { code, syscall, message, cause: deeper }: DriverError = cause;
    // A unix socket that is gone: the server was stopped in good order.
    const gone = code === 'ENOENT' && syscall === 'connect';
    if (typeof code === 'string' && (gone || unavailableStates.test(code))) return new DatabaseUnavailableError(code);
    if (typeof message === 'string' && connectionLost.test(message))
      return new DatabaseUnavailableError('connection lost');
    cause = deeper;
  }
  return undefined;
}

/** The same for errors that may be of another database, which a workflow uses: only those that are Seer's own for certain. */
export function asOwnDatabaseUnavailable(error: unknown): DatabaseUnavailableError | undefined {
  const isOwn = error instanceof DatabaseUnavailableError || error instanceof DriverException;
  return isOwn ? asDatabaseUnavailable(error) : undefined;
}
