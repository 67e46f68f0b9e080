import { type EntityManager } from '@mikro-orm/postgresql';
import * as users from '../users/index.js';
import { type CommandContext } from './define-command.js';
import { withOrm } from './with-orm.js';

/** Users and their keys, without the rest of the application. */
export async function withUsers(
  { openMigrated }: CommandContext,
  work: (em: EntityManager, functions: typeof users) => Promise<void>,
): Promise<void> {
  await withOrm(await openMigrated(), users.usersEntities, (em) => work(em, users));
}
