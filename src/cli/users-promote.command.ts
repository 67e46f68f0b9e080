import { makePublicId } from '../common/public-id.js';
import { type UserRole } from '../users/index.js';
import { type Command, defineCommand } from './define-command.js';
import { userHelp, userOptions } from './user-argument.js';

export const usersPromote = defineRoleCommand({
  words: 'users promote',
  role: 'admin',
  summary: 'Make a user an administrator.',
  about: 'An administrator may use the admin API, with a token or with a key that has the scope admin.',
});

export const usersDemote = defineRoleCommand({
  words: 'users demote',
  role: 'member',
  summary: 'Make an administrator a member.',
  about: 'Their keys with the scope admin stay, and cannot use it any more, from the next request on.',
});

function defineRoleCommand(made: { words: string; role: UserRole; summary: string; about: string }): Command {
  const { words, role, summary, about } = made;
  return defineCommand({
    words,
    parameters: ['user'],
    summary,
    help: `${about}\n${userHelp}`,
    options: userOptions,
    async run(context) {
      const { findUser, setRole, usersEntities } = await import('../users/index.js');
      const { withOrm } = await import('./with-orm.js');
      await withOrm(await context.openMigrated(), usersEntities, async (em) => {
        const user = await findUser(em, context.arguments[0]!, context.options.issuer as string | undefined);
        await setRole(em, user, role);
        context.print(`${makePublicId('user', user.publicId)}, ${user.userId} of ${user.issuer}, is ${role} now.`);
      });
    },
  });
}
