import { ConfigurationError } from './common/config/read-environment.js';
import { EmbeddedPostgresError } from './common/database/embedded/embedded-postgres.error.js';
import { DatabaseTooNewError, DatabaseUnreachableError, SchemaOutdatedError } from './common/database/schema.errors.js';
import { InvalidAllowEntryError } from './common/egress/allow-list.js';
import { EncryptionUnavailableError } from './common/encryption/encryption.errors.js';
import { DomainError } from './common/errors.js';
import { OperatorError } from './common/operator.error.js';

const expected = [
  ConfigurationError,
  DatabaseTooNewError,
  DatabaseUnreachableError,
  DomainError,
  EmbeddedPostgresError,
  EncryptionUnavailableError,
  InvalidAllowEntryError,
  OperatorError,
  SchemaOutdatedError,
];

/** Whether an operator can put it right by what its message says: anything else is a fault of ours, with its stack. */
export function isForOperators(error: unknown): boolean {
  return expected.some((kind) => error instanceof kind);
}
