import { type EmbeddedPostgres } from '../../src/common/database/embedded-postgres.js';

/** After all suites; Jest runs it in the process that ran the set-up. */
export default async function globalTeardown(): Promise<void> {
  await (globalThis as { seerTestPostgres?: EmbeddedPostgres }).seerTestPostgres?.stop();
}
