import { ConfigurationError } from './common/config/environment.js';
import { EmbeddedPostgresError } from './common/database/embedded/embedded-postgres.error.js';
import { DatabaseTooNewError } from './common/database/migrate.js';
import { InvalidAllowEntryError } from './common/egress/allow-list.js';
import { EncryptionUnavailableError } from './common/encryption/encryption.errors.js';

const expected = [
  ConfigurationError,
  DatabaseTooNewError,
  EmbeddedPostgresError,
  EncryptionUnavailableError,
  InvalidAllowEntryError,
];

/** Whether an operator can put it right by what its message says: anything else is a fault of ours, with its stack. */
export function isForOperators(error: unknown): boolean {
  return expected.some((kind) => error instanceof kind);
}
